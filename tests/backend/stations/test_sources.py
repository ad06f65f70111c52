"""Ways in: whoever hands in readings, a key, a file or a gateway, they go through one door."""

import pytest
from sqlalchemy import select

from backend.core.edge import Application
from backend.policy.model import Policy
from backend.policy.service import book
from backend.stations import intake
from backend.stations.intake import Results, Source, Stored
from backend.stations.models import QuarantinedReading, Station
from tests.backend.cast import MONDAY
from tests.backend.stations import world
from tests.backend.stations.world import World, reading


@pytest.fixture
def station(app: Application) -> World:
    return world.build(app)


def hand_in(station: World, *items: object) -> Results:
    """As a gateway does: it has no key."""
    with station.app.app_context(), station.app.database.transaction() as session:
        source = Source("gateway", {row.code: row for row in session.scalars(select(Station))})
        return intake.take_in(session, source, items, book().as_of(MONDAY))


def test_whoever_has_no_key_hands_in_readings_too(station: World) -> None:
    sent = [reading(), reading(station="M2"), reading(station="M3"), reading(unit="ppm")]
    assert [result["status"] for result in hand_in(station, *sent)] == [
        "stored",
        "stored",
        "quarantined",
        "quarantined",
    ]
    with station.app.database.transaction(write=False) as session:
        kept = session.scalars(select(QuarantinedReading).order_by(QuarantinedReading.code)).all()
        assert [(row.source, row.key_id, row.code, row.station_id) for row in kept] == [
            ("gateway", None, "unknown_station", None),
            ("gateway", None, "wrong_unit", station.station_id),
        ]
    station.send(reading(unit="ppm"))
    with station.app.database.transaction(write=False) as session:
        by_key = select(QuarantinedReading).where(QuarantinedReading.key_id.is_not(None))
        assert session.scalars(by_key).one().source == "vendor"


def test_followers_are_told_what_was_stored_and_whether_it_is_live(station: World) -> None:
    told: list[tuple[str, float, bool]] = []

    def follow(_session: object, stored: list[Stored], policy: Policy) -> None:
        assert policy.label == "changji@1"
        told.extend((one.station.code, one.reading.value, one.live) for one in stored)

    intake.install(station.app, (follow,))
    station.send(reading(1), reading(2, at="2026-11-23T06:59:00+08:00"), reading(3, pollutant="pm10", backfilled=True))
    assert told == [("M1", 1.0, True), ("M1", 2.0, False), ("M1", 3.0, False)]
    told.clear()
    station.send(reading(1), reading(4), reading("x"))
    assert told == []


def test_a_station_out_of_service_is_never_live(station: World) -> None:
    with station.app.database.transaction() as session:
        session.get_one(Station, station.station_id).in_service = False
    told: list[bool] = []
    intake.install(station.app, (lambda _session, stored, _policy: told.extend(one.live for one in stored),))
    station.send(reading(300))
    assert told == [False]
