"""Readings are kept for as long as policy says, forgotten a slice at a time; their hours stay."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from backend.core import clock
from backend.core.edge import Application
from backend.policy.service import PolicyBook
from backend.stations import jobs, maintenance
from backend.stations.models import Hour, QuarantineCount, QuarantinedReading, Reading
from tests.backend.cast import MONDAY
from tests.backend.stations import world
from tests.backend.stations.world import World, reading


@pytest.fixture
def station(app: Application) -> World:
    return world.build(app)


def forget(app: Application) -> int:
    with app.app_context(), app.database.transaction() as session:
        return jobs.forget(session)


def keep_readings(app: Application, days: int) -> None:
    """From now on policy keeps them so long."""
    book: PolicyBook = app.extensions["xunge.policy"]
    [policy] = book.versions
    longer = replace(policy, readings=replace(policy.readings, raw_days=days))
    app.extensions["xunge.policy"] = replace(book, versions=(longer,))


def rows(app: Application) -> tuple[int, ...]:
    with app.database.transaction(write=False) as session:
        tables = (Reading, Hour, QuarantinedReading, QuarantineCount)
        return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def test_old_readings_go_and_their_hours_stay(station: World, hand: clock.Frozen) -> None:
    station.send(reading(), reading(at=(MONDAY - timedelta(days=1)).isoformat()), reading("x"))
    assert forget(station.app) == 0
    hand.move(days=89)
    assert forget(station.app) == 0
    hand.move(days=2)
    assert forget(station.app) == 2  # what was set aside, and its count
    assert rows(station.app) == (2, 2, 0, 0)
    hand.move(days=309, hours=13)  # 400.5 days after, a day longer than readings are taken in
    assert forget(station.app) == 1
    hand.move(days=1)
    assert forget(station.app) == 1
    assert rows(station.app) == (0, 2, 0, 0)


def test_what_would_be_forgotten_at_once_is_not_taken_in(station: World) -> None:
    """Whether it was stored before nobody could tell: its hour would count it twice."""
    old, kept = MONDAY - timedelta(days=400, seconds=1), MONDAY - timedelta(days=400)
    answer = station.send(reading(at=old.isoformat()), reading(at=kept.isoformat()))
    assert answer.json["results"] == [
        {"index": 0, "status": "quarantined", "code": "too_old"},
        {"index": 1, "status": "stored"},
    ]


def test_what_was_forgotten_stays_so_when_policy_keeps_readings_for_longer(station: World, hand: clock.Frozen) -> None:
    """They stand in their hours already: sent again they would count twice, and counted anew not at all."""
    seen = reading(at=MONDAY.isoformat())
    station.send(seen)
    hand.move(days=402)
    assert forget(station.app) == 1
    keep_readings(station.app, days=1000)
    later = reading(at=(MONDAY + timedelta(seconds=1)).isoformat(), value=37)
    assert [result.get("code", result["status"]) for result in station.send(seen, later).json["results"]] == [
        "too_old",
        "stored",
    ]
    with station.app.app_context(), station.app.database.transaction() as session:
        hour = session.scalars(select(Hour)).one()
        assert (hour.count, hour.total) == (2, 72)
        maintenance.plan(session, station.station_id, (MONDAY, MONDAY + timedelta(minutes=1)), "x")
        session.expire_all()
        assert session.scalars(select(Hour)).one().count == 2


def test_what_policy_kept_for_less_long_was_never_forgotten_by_an_empty_house(station: World) -> None:
    keep_readings(station.app, days=1000)
    assert station.statuses(reading(at=(MONDAY - timedelta(days=900)).isoformat())) == ["stored"]


def test_in_slices(station: World, hand: clock.Frozen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 10)
    station.send(*[reading(at=(MONDAY - timedelta(minutes=minute)).isoformat()) for minute in range(25)])
    hand.move(days=402)
    gone = [forget(station.app) for _ in range(4)]
    assert (gone, rows(station.app)[0]) == ([11, 11, 3, 0], 0)
