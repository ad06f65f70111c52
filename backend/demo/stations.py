"""Air stations: one beside each key grid, micro-stations in most townships, and a week of hourly readings (CJ-4).

Where stations stand and what they measure is made up; nothing here comes from a real instrument.
"""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.demo import tree
from backend.demo.chance import dice, point_in
from backend.demo.geography import rows
from backend.demo.making import Making
from backend.demo.roster import SUPERVISORS
from backend.grids.locating import locate
from backend.stations import contacts, hours, service
from backend.stations.models import Reading, Station
from backend.stations.rules import UNITS

TOWNSHIPS = 60
"""Townships with a micro-station; the others are what CJ-4 still asks for."""
DAYS = 7
NATIONAL = ("KG01", "KG02", "KG05")
OF_MICRO = ("pm25", "pm10", "o3")
OF_OFFICIAL = tuple(UNITS)
USUAL = {"pm25": 38.0, "pm10": 82.0, "so2": 11.0, "no2": 27.0, "co": 0.7, "o3": 58.0}
"""A winter's day without an alarm."""


def put_up(making: Making, session: Session, _nothing: None) -> str:
    stations = [*_official(session), *_micro(making, session)]
    readings = list(_week(making, stations))
    session.connection().execute(sa.insert(Reading), readings)
    hours.add(session, (hours.Counted(*(row[name] for name in hours.Counted._fields)) for row in readings))
    newest = {row["station_id"]: row["at"] for row in readings}
    contacts.note(session, newest, newest, making.present)
    return f"{len(stations)} stations with {len(readings)} readings"


def _official(session: Session) -> Iterator[Station]:
    for row in rows("key_grids.csv"):
        lon, lat = float(row["lon"]), float(row["lat"])
        yield service.add_station(
            session,
            code=f"DEMO-{row['code']}",
            name=row["name"].removesuffix("重点网格"),
            kind="national" if row["code"] in NATIONAL else "regional",
            grid_path=locate(session, lon, lat).path,
            place=(lon, lat),
            pollutants=OF_OFFICIAL,
        )


def _micro(making: Making, session: Session) -> Iterator[Station]:
    """Where the roster's supervisors work, their village has the station."""
    grids = tree.read(session)
    villages = {village[:9]: village for village in reversed(SUPERVISORS)}
    others = [township for township in grids.tier(3) if township not in villages and grids.below(township)]
    chance = dice(making.seed, "townships with stations")
    for township in chance.sample(others, TOWNSHIPS - len(villages)):
        villages[township] = chance.choice(grids.below(township))
    shapes = tree.shapes(session, list(villages.values()))
    for township, village in sorted(villages.items()):
        yield service.add_station(
            session,
            code=micro_code(township),
            name=f"{grids.places[township].name}微站",
            kind="micro",
            grid_path=grids.places[village].path,
            place=point_in(shapes[village], dice(making.seed, "station", township)),
            pollutants=OF_MICRO,
        )


def micro_code(township: str) -> str:
    return f"DEMO-{township}"


def _week(making: Making, stations: list[Station]) -> Iterator[dict[str, Any]]:
    """Hourly means of the last days, up to the hour that has just ended."""
    first = making.midnight - timedelta(days=DAYS)
    hours = int((making.present - first) / timedelta(hours=1))
    for station in stations:
        chance = dice(making.seed, "readings", station.code, making.today)
        level = {pollutant: USUAL[pollutant] * chance.uniform(0.6, 1.2) for pollutant in station.pollutants}
        for number in range(hours):
            at = first + timedelta(hours=number)
            for pollutant in station.pollutants:
                value = round(level[pollutant] * _of_day(at, pollutant) * chance.uniform(0.85, 1.15), 2)
                yield _row(station, pollutant, at, value)


def _of_day(at: datetime, pollutant: str) -> float:
    """Dust and gases are high in the morning and evening, ozone in the afternoon."""
    turn = math.cos((at.hour - 15) / 24 * math.tau)
    return 1 + 0.5 * turn if pollutant == "o3" else 1 - 0.25 * turn


def _row(station: Station, pollutant: str, at: datetime, value: float) -> dict[str, Any]:
    return {
        "station_id": station.id,
        "pollutant": pollutant,
        "at": at,
        "value": value,
        "unit": UNITS[pollutant],
        "backfilled": False,
        "received_at": at + timedelta(hours=1),
    }
