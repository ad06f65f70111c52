"""A machine whose clock is off the database's signs no anchors, and goes on receiving work."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from backend.core import clock
from backend.core.clock_watch import EVERY_S, ClockWatch
from backend.core.edge import Application
from tests.backend.cast import IN_A1, Member
from tests.backend.phones import phone

Set = Callable[[float], None]


class Ticks:
    """Seconds that only count, as many as a test wants."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def set_wrong(monkeypatch: pytest.MonkeyPatch) -> Set:
    """`set_wrong(3)` puts this machine's clock three seconds ahead of the database's."""

    def put(seconds: float) -> None:
        monkeypatch.setattr(clock, "machine", lambda: datetime.now(UTC) + timedelta(seconds=seconds))

    return put


@pytest.mark.parametrize("seconds", [60, -60])
def test_it_is_noticed_within_half_a_minute(app: Application, set_wrong: Set, seconds: float) -> None:
    ticks = Ticks()
    watch = ClockWatch(app.database, ticks)
    assert watch.agrees()
    set_wrong(seconds)
    ticks.now = EVERY_S - 1
    assert watch.agrees()  # not asked again yet
    ticks.now = EVERY_S
    assert watch.agrees() is app.database.sqlite  # whose clock is our own
    set_wrong(1)
    ticks.now = 2 * EVERY_S
    assert watch.agrees()


def test_a_pull_costs_no_statement_for_it(
    app: Application, cast: dict[str, Member], hand: clock.Frozen, tmp_path: Path
) -> None:
    asked: list[str] = []
    event.listen(app.database.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    aygul = phone(app, cast["Aygul"], tmp_path, hand)
    for _ in range(5):
        aygul.pull()
    assert len([statement for statement in asked if "clock_timestamp" in statement]) <= 1
    aygul.close()


def test_work_is_received_and_no_anchor_given(
    app: Application, cast: dict[str, Member], hand: clock.Frozen, tmp_path: Path, set_wrong: Set
) -> None:
    set_wrong(60)
    aygul = phone(app, cast["Aygul"], tmp_path, hand)
    aygul.pull()
    made = aygul.make("problem.report", {"class": "dust", "note": "扬尘"}, position=IN_A1)
    assert ("anchor" in made.operation["clock"]) is app.database.sqlite
    assert aygul.push() == {"applied": 1}
    aygul.close()


def test_the_phone_keeps_the_anchor_it_has(
    app: Application,
    cast: dict[str, Member],
    hand: clock.Frozen,
    tmp_path: Path,
    set_wrong: Set,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backend.core.clock_watch.EVERY_S", 0.0)
    aygul = phone(app, cast["Aygul"], tmp_path, hand)
    aygul.pull()
    first = aygul.make("problem.report", {"class": "dust", "note": "扬尘"}, position=IN_A1).operation["clock"]
    set_wrong(-60)
    hand.move(minutes=5)
    aygul.pull()
    second = aygul.make("problem.report", {"class": "dust", "note": "又扬尘"}, position=IN_A1).operation["clock"]
    assert (second["anchor"] == first["anchor"]) is not app.database.sqlite
    assert second["elapsed_ms"] == (0 if app.database.sqlite else 5 * 60 * 1000)
    aygul.close()
