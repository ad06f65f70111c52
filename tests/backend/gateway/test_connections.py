"""Connections of every kind: whole, cut up, glued together, slow, silent, too many; each is served or shown out."""

import socket
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from backend.gateway import batch
from backend.gateway.rules import Limits, Standing, why_close
from backend.gateway.server import listen
from backend.hj212.segment import read
from tests.backend.gateway import world
from tests.backend.gateway.world import World, running
from tests.backend.hj212.packets import DATA, MN, sent


def minute(number: int, **other: object) -> bytes:
    """A frame of its own minute."""
    data = DATA.replace("20261123085500", f"2026112308{number:02}00")
    return sent(data, QN=f"202611230800{number:02}000", **other)


def acknowledged(line: world.Line, count: int) -> list[str]:
    """The numbers of the next `count` frames that are acknowledged."""
    heard = [read(line.hear()[6:-4]) for _ in range(count)]
    assert {said.cn for said in heard} <= {"9014"}
    return [said.qn for said in heard]


def numbers(*minutes: int) -> list[str]:
    return [f"202611230800{number:02}000" for number in minutes]


def test_frames_whole_cut_up_and_glued_together(station: World) -> None:
    with running(station.app) as gateway:
        line = gateway.call()
        line.send(minute(1))
        assert acknowledged(line, 1) == numbers(1)
        frame = minute(2)
        line.send(*(frame[at : at + 1] for at in range(len(frame))))
        assert acknowledged(line, 1) == numbers(2)
        line.send(minute(3) + minute(4) + minute(5)[:50], minute(5)[50:])
        assert acknowledged(line, 3) == numbers(3, 4, 5)
    assert len(station.readings()) == 10


def test_what_is_damaged_costs_itself_only(station: World) -> None:
    with running(station.app) as gateway:
        line = gateway.call()
        lying = b"##0099" + minute(2)[6:]
        line.send(minute(1) + lying + b"\xff\x00noise\r\n" + minute(3).replace(b"=35", b"=95") + minute(4))
        assert acknowledged(line, 2) == numbers(1, 4)
    assert [reason for _, reason in station.refused()] == ["garbage", "bad_crc", "bad_crc"]
    assert {value for _, value, *_ in station.readings()} == {35.0, 60.0}


def test_one_connection_may_speak_for_several_stations(station: World) -> None:
    other = "XINJIANG00000000000000M2"
    world.admit(station.app, "M2", other)
    with running(station.app) as gateway:
        line = gateway.call()
        line.send(minute(1) + minute(1, MN=other))
        assert [read(line.hear()[6:-4]).mn for _ in range(2)] == [MN, other]


def test_many_connections_share_commits(station: World) -> None:
    with running(station.app) as gateway:
        lines = [gateway.call() for _ in range(50)]
        for number, line in enumerate(lines):
            line.send(minute(number))
        for number, line in enumerate(lines):
            assert acknowledged(line, 1) == numbers(number)
    assert len(station.readings()) == 100


def test_a_bad_neighbour_disturbs_nobody(station: World) -> None:
    with running(station.app, Limits(faults=3)) as gateway:
        bad, stranger, good = gateway.call(), gateway.call(), gateway.call()
        bad.send(b"GET / HTTP/1.1\r\nHost: x\r\nAccept: *\r\n\r\n")
        stranger.send(sent(MN="STRANGER") * 3)
        good.send(minute(1))
        assert acknowledged(good, 1) == numbers(1)
        assert bad.is_closed()
        assert stranger.is_closed()
        good.send(minute(2))
        assert acknowledged(good, 1) == numbers(2)


def test_a_client_that_sends_a_byte_a_minute_is_shown_out(station: World) -> None:
    with running(station.app) as gateway:
        slow = gateway.call()
        slow.send(minute(1))
        assert acknowledged(slow, 1) == numbers(1)
        slow.send(minute(2)[:1])
        gateway.catch_up()
        gateway.gateway.ahead_s = 50
        slow.send(minute(2)[1:2])
        gateway.catch_up()
        gateway.gateway.ahead_s = 61
        assert slow.is_closed()
        gateway.catch_up()
    assert station.refused() == [(MN, "cut_off")]


def test_who_says_nothing_is_shown_out(station: World) -> None:
    with running(station.app) as gateway:
        silent, idle = gateway.call(), gateway.call()
        idle.send(minute(1))
        assert acknowledged(idle, 1) == numbers(1)
        gateway.gateway.ahead_s = 61
        assert silent.is_closed()
        idle.send(minute(2))
        assert acknowledged(idle, 1) == numbers(2)
        gateway.gateway.ahead_s = 61 + 15 * 60 + 1
        assert idle.is_closed()


def test_where_it_is_crowded_the_first_stranger_goes_and_no_station(station: World) -> None:
    with running(station.app, Limits(connections=2)) as gateway:
        line = gateway.call()
        line.send(minute(1))
        assert acknowledged(line, 1) == numbers(1)
        first = gateway.call()
        second = gateway.call()
        assert first.is_closed()
        second.send(minute(2))
        assert acknowledged(second, 1) == numbers(2)
        third = gateway.call()
        assert third.is_closed()
        line.send(minute(3))
        assert acknowledged(line, 1) == numbers(3)


def test_who_does_not_wait_for_answers_is_read_no_faster_than_stored(station: World) -> None:
    with running(station.app, Limits(unanswered=2, waiting_bytes=300)) as gateway:
        line = gateway.call()
        line.send(b"".join(minute(number) for number in range(60)))
        assert acknowledged(line, 60) == numbers(*range(60))


def test_what_is_being_stored_at_the_end_is_answered(station: World, monkeypatch: pytest.MonkeyPatch) -> None:
    began, may_go, store = threading.Event(), threading.Event(), batch.store

    def slowly(*group: Any) -> Any:
        began.set()
        assert may_go.wait(world.PATIENCE_S)
        return store(*group)

    monkeypatch.setattr(batch, "store", slowly)
    with running(station.app) as gateway:
        line = gateway.call()
        line.send(minute(1))
        assert began.wait(world.PATIENCE_S)
        gateway.stop()
        may_go.set()
        assert acknowledged(line, 1) == numbers(1)
        assert line.is_closed()
    assert len(station.readings()) == 2


def test_answers_that_are_still_to_leave_at_the_end_leave(station: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def cramped(host: str, port: int) -> socket.socket:
        listening = listen(host, port)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 10)
        return listening

    monkeypatch.setattr(world, "listen", cramped)
    beats, others = 120, 0
    with running(station.app, Limits(faults=1, unanswered=beats + 1)) as gateway:
        first = gateway.call()
        first.send(b"noise\r\n")
        assert first.is_closed()  # nobody is connected then
        deaf = gateway.call(room=4 << 10)
        deaf.send(sent("", CN=9015) * beats)
        while station.counts().get((MN, "taken"), 0) < beats + others:
            gateway.catch_up()
            others += 1
        gateway.stop()
        assert {read(deaf.hear()[6:-4]).cn for _ in range(beats)} == {"9013"}
        assert deaf.is_closed()


def test_a_fault_of_ours_is_not_acknowledged_and_the_line_stays(
    station: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = threading.Semaphore(0)

    def fails(*_: object) -> None:
        tried.release()
        raise ZeroDivisionError

    with running(station.app) as gateway:
        line = gateway.call()
        with monkeypatch.context() as patch:
            patch.setattr(batch, "store", fails)
            line.send(minute(1))
            for _ in range(3):  # with others, alone, and to set it aside
                assert tried.acquire(timeout=world.PATIENCE_S)
        line.send(minute(2))
        assert acknowledged(line, 1) == numbers(2)


def test_who_sends_much_while_the_database_is_away_stays(station: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = threading.Semaphore(0)

    def away(_: object, group: Sequence[object]) -> None:
        tried.release(len(group))
        raise OperationalError("INSERT", {}, Exception("gone"))

    with running(station.app, Limits(faults=2)) as gateway:
        line = gateway.call()
        with monkeypatch.context() as patch:
            patch.setattr(batch, "store", away)
            line.send(minute(1) + minute(2) + minute(3))
            for _ in range(3):
                assert tried.acquire(timeout=world.PATIENCE_S)
        line.send(minute(4))
        assert acknowledged(line, 1) == numbers(4)


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing(since=40), None),
        (Standing(since=39), "stranger"),
        (Standing(since=0, good_at=50), None),
        (Standing(since=0, good_at=50, frame_since=39), "slow"),
        (Standing(since=0, good_at=50, frame_since=39, waiting=1), None),
        (Standing(since=0, good_at=50, faults=50), "faulty"),
        (Standing(since=-999, good_at=-801), "idle"),
        (Standing(since=-999, good_at=-800), None),
    ],
)
def test_why_a_connection_is_closed(standing: Standing, reason: str | None) -> None:
    assert why_close(standing, Limits(), 100) == reason
