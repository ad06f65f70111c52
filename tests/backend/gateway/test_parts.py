"""Frames in parts: answered each, read once all are here, whoever stored them; given up where others never come."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.core import clock
from backend.core.edge import Application
from backend.gateway import parts
from backend.gateway.models import FramePart
from tests.backend.gateway.world import World
from tests.backend.hj212.packets import MN, sent
from tests.backend.together import at_once

AT = "DataTime=20261123085500"
PARTS = [f"{AT};a34004-Rtd=20", "7,a34004-Flag=N", "a34002-Rtd=60,a34002-Flag=N"]
WHOLE = [("pm10", 60.0, "ug/m3", False), ("pm25", 207.0, "ug/m3", False)]
LONG_S = 2.0
"""Longer than the other takes to get there, unless it has to wait."""


def part(number: int, **other: object) -> bytes:
    return sent(PARTS[number - 1], **{"Flag": 7, "PNUM": 3, "PNO": number, **other})


def waiting(app: Application) -> int:
    with app.database.transaction(write=False) as session:
        return session.scalar(select(func.count()).select_from(FramePart)) or 0


def given_up(app: Application) -> int:
    with app.app_context(), app.database.transaction() as session:
        return parts.give_up(session)


@pytest.fixture
def other(station: World) -> Iterator[World]:
    """A second gateway on the same database, with connections of its own."""
    app = create_app(station.app.settings)
    other = World(app, station.station)
    assert other.readings() == []  # and connected
    yield other
    app.database.close()


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (1, 1, 2, 2, 3)])
def test_parts_are_answered_each_and_read_together(station: World, order: tuple[int, ...]) -> None:
    for number in order:
        assert station.readings() == []
        assert [bool(each) for each in station.answers(part(number))] == [True]
    assert station.readings() == WHOLE
    assert waiting(station.app) == 0


def test_parts_in_one_group(station: World) -> None:
    assert all(station.answers(part(2), part(1), part(3)))
    assert station.readings() == WHOLE


@pytest.mark.only_on("postgresql")
def test_parts_that_two_gateways_store_at_once_are_read_together(
    station: World, other: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have stored their part and neither sees the other's: unless one of them waits for the other's commit."""
    both, complete = threading.Barrier(2), parts.complete

    def late(session: Session, split: parts.Split) -> list[str] | None:
        with suppress(threading.BrokenBarrierError):
            both.wait(LONG_S)
        return complete(session, split)

    monkeypatch.setattr(parts, "complete", late)
    station.store(part(1))
    both.reset()
    at_once(lambda: station.store(part(2)), lambda: other.store(part(3)))
    assert (station.readings(), waiting(station.app)) == (WHOLE, 0)


@pytest.mark.only_on("postgresql")
def test_the_last_part_that_comes_as_the_others_are_given_up_is_not_read_twice(
    station: World, other: World, hand: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.store(part(1), part(2))
    hand.move(hours=2)
    last, set_aside = threading.Thread(target=other.store, args=(part(3),)), parts.set_aside

    def late(*given: Any) -> list[bool]:
        last.start()
        last.join(LONG_S)
        return set_aside(*given)

    monkeypatch.setattr(parts, "set_aside", late)
    assert given_up(station.app) == 2
    last.join()
    assert (station.readings(), station.refused(), waiting(station.app)) == ([], [(MN, "incomplete")] * 2, 1)


def test_parts_of_other_frames_never_mix(station: World) -> None:
    station.store(part(1), part(2, QN="20261123085500001"), part(3), part(2, CN=2051))
    assert station.readings() == []
    station.store(part(2))
    assert station.readings() == WHOLE


def test_parts_whose_others_never_come_are_given_up(station: World, hand: clock.Frozen) -> None:
    station.store(part(1), part(2))
    hand.move(minutes=59)
    assert given_up(station.app) == 0
    hand.move(minutes=2)
    assert given_up(station.app) == 2
    assert (waiting(station.app), station.readings()) == (0, [])
    assert station.refused() == [(MN, "incomplete")] * 2


def test_a_frame_that_cannot_be_read_is_kept_with_all_its_parts(station: World) -> None:
    texts = [f"{AT};a34004-Rtd=20,a34004-Flag=N", "a34002-Rtd=60,a34002-Flag=N", "a34004-Rtd=21"]
    for number in (3, 1, 2):
        assert all(station.answers(sent(texts[number - 1], Flag=7, PNUM=3, PNO=number)))
    assert (waiting(station.app), station.readings()) == (0, [])
    assert station.refused() == [(MN, "said_twice")] * 3
    kept = [frame.raw.decode() for frame in station.kept()]
    assert [sum(text in each for each in kept) for text in texts] == [1, 1, 1]


def test_parts_that_wait_are_bounded(station: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MOST_WAITING", 2)
    outcomes = station.store(*(part(1, QN=f"2026112308550000{digit}") for digit in range(3)))
    assert [bool(outcome.answer) for outcome in outcomes] == [True, True, True]
    assert (waiting(station.app), station.refused()) == (2, [(MN, "too_many_parts")])
