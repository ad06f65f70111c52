"""What a phone says about time, and what the server makes of it."""

from datetime import timedelta

import pytest

from sync.client import Client
from tests.sync.client_house import ClientHouse, Interrupted
from tests.sync.house import MORNING, VILLAGE


def test_the_server_knows_when_it_was_done(house: ClientHouse) -> None:
    client = house.client("aynur", VILLAGE, wrong_by_s=-7200)
    client.sign_in("aynur", "aynur")
    client.pull()
    assert client.wall_skew_ms == -7_200_000
    house.clock.move(minutes=40)
    client.make("note.write", {"title": "on site"})
    house.clock.move(hours=5)
    client.push()
    interval = house.applied[0].interval
    assert (interval.level, interval.point) == ("attested", MORNING + timedelta(minutes=40))
    assert (interval.not_before, interval.not_after) == (MORNING, MORNING + timedelta(minutes=340))
    assert interval.wall_skew_ms == -7_200_000
    assert interval.findings == ("wall_before_anchor",)


def test_after_a_restart_of_the_phone_only_the_bounds_are_left(house: ClientHouse, aynur: Client) -> None:
    house.clock.move(hours=1)
    aynur.clock.boot = "boot-2"  # type: ignore[misc]
    made = aynur.make("note.write", {"title": "later"})
    assert "elapsed_ms" not in made.operation["clock"]
    aynur.push()
    interval = house.applied[0].interval
    assert (interval.level, interval.not_before) == ("proved", MORNING)


def test_a_pull_proves_that_work_not_yet_sent_was_already_made(
    house: ClientHouse, aynur: Client, line: Interrupted
) -> None:
    aynur.make("note.write", {"title": "first"})
    aynur.make("note.write", {"title": "second"})
    house.clock.move(minutes=5)
    aynur.pull()
    house.clock.move(hours=3)
    aynur.push()
    assert [operation.interval.not_after for operation in house.applied] == [MORNING + timedelta(minutes=5)] * 2


def test_a_round_trip_is_that_of_the_last_try(
    house: ClientHouse, aynur: Client, line: Interrupted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pauses and a session renewed in between say nothing of how old an anchor is."""
    monkeypatch.setattr(aynur.session.patience, "_sleep", lambda seconds: house.clock.move(seconds=seconds))
    line.faults = ["503", "401 token_expired", "503"]
    aynur.pull()
    asked = [path.removeprefix("/api/v1") for _, path, _ in line.asked]
    assert asked == ["/sync/pull", "/sync/pull", "/auth/refresh", "/auth/refresh", "/sync/pull"]
    assert house.clock.at - MORNING >= timedelta(seconds=40)
    assert aynur.make("note.write", {"title": "a"}).operation["clock"]["round_trip_ms"] == 0
