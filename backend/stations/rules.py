"""What counts as a reading, in which unit it is kept, and whether it is live. Pure."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

UNITS = {"pm25": "ug/m3", "pm10": "ug/m3", "so2": "ug/m3", "no2": "ug/m3", "o3": "ug/m3", "co": "mg/m3"}
"""The unit in which the house keeps each pollutant (GB 3095). Other factors keep the unit they come with."""

SPELLINGS = {"ug/m3": "ug/m3", "µg/m3": "ug/m3", "μg/m3": "ug/m3", "ug/m³": "ug/m3", "µg/m³": "ug/m3", "μg/m³": "ug/m3",
             "mg/m3": "mg/m3", "mg/m³": "mg/m3", "ng/m3": "ng/m3", "ng/m³": "ng/m3"}  # fmt: skip
FACTORS = {("mg/m3", "ug/m3"): 1000.0, ("ug/m3", "mg/m3"): 0.001, ("ng/m3", "ug/m3"): 0.001, ("ng/m3", "mg/m3"): 1e-6}

LARGEST = 100_000.0
"""No instrument of ours measures beyond this, in the house's unit: it is noise on the wire."""
AHEAD = timedelta(minutes=15)
"""How far a station's clock may run ahead of ours."""
LIVE = timedelta(hours=2)
"""Hourly means come up to two hours after their hour began; what is older opens no live alarm."""

_FIELDS = frozenset({"station", "at", "pollutant", "value", "unit", "backfilled", "mark"})
NORMAL = "N"
"""The mark of a valid value (HJ 212); with any other the instrument says itself that it measured nothing."""
POLLUTANT = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
"""What a factor may be called: "pm25", "a34004"."""


class Faulty(Exception):
    """Not a reading. `code` is the stable word that the sender gets and the quarantine keeps."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Measured:
    """One reading in the house's unit, still with the station's code."""

    station: str
    pollutant: str
    at: datetime
    value: float
    unit: str
    backfilled: bool


def read(item: object, now: datetime) -> Measured:
    """What a station says, checked and converted. Raises Faulty with one of: not_an_object, unknown_field, bad_station,
    bad_pollutant, bad_time, clock_ahead, bad_value, wrong_unit, out_of_range, bad_backfilled, marked."""
    if not isinstance(item, Mapping):
        raise Faulty("not_an_object")
    if not item.keys() <= _FIELDS:
        raise Faulty("unknown_field")
    station, pollutant, backfilled = item.get("station"), item.get("pollutant"), item.get("backfilled", False)
    if not isinstance(station, str):
        raise Faulty("bad_station")
    if not isinstance(pollutant, str) or not POLLUTANT.match(pollutant):
        raise Faulty("bad_pollutant")
    if not isinstance(backfilled, bool):
        raise Faulty("bad_backfilled")
    if item.get("mark", NORMAL) != NORMAL:
        raise Faulty("marked")
    at = _time(item.get("at"), now)
    value, unit = in_house_unit(pollutant, _number(item.get("value")), item.get("unit"))
    return Measured(station, pollutant, at, value, unit, backfilled)


def _time(said: object, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(said) if isinstance(said, str) else None
        if at is None or at.tzinfo is None:
            raise Faulty("bad_time")
        at = at.astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise Faulty("bad_time") from fault
    if at > now + AHEAD:
        raise Faulty("clock_ahead")
    return at


def _number(said: object) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise Faulty("bad_value")
    try:
        value = float(said)
    except OverflowError as fault:
        raise Faulty("out_of_range") from fault
    if not math.isfinite(value):
        raise Faulty("bad_value")
    return value


def in_house_unit(pollutant: str, value: float, unit: object) -> tuple[float, str]:
    """Value and unit as the house keeps them. Raises Faulty wrong_unit, out_of_range."""
    if not isinstance(unit, str) or not 0 < len(unit) <= 20 or "\0" in unit:
        raise Faulty("wrong_unit")
    wanted = UNITS.get(pollutant)
    if wanted is not None:
        given = SPELLINGS.get(unit)
        if given is None:
            raise Faulty("wrong_unit")
        if given != wanted:
            value, unit = round(value * FACTORS[given, wanted], 6), wanted
        unit = wanted
    if abs(value) > LARGEST:
        raise Faulty("out_of_range")
    return value, unit


def is_live(reading: Measured, now: datetime) -> bool:
    """May it open an alarm? Back-filled and late readings never do."""
    return not reading.backfilled and reading.at >= now - LIVE
