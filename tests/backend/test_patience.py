"""A thread stays a moment with a client that asks again, unless somebody waits for the thread, and not long with one
that drips."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import ThreadWorker

from backend.patience import SLOWEST, PatientSocket, PatientWorker

KEEP, CLOSE = b"k\r\n\r\n", b"c\r\n\r\n"


class Line:
    """A client's connection and a worker at the other end, whose gunicorn reads five bytes as a request: KEEP is to be
    kept alive, CLOSE to be closed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client, here = socket.socketpair()
        self.conn: Any = SimpleNamespace(sock=here, parser=None)
        self.read: list[bytes] = []
        self.worker = PatientWorker.__new__(PatientWorker)
        self.worker.app = SimpleNamespace(settings=SimpleNamespace(silence_seconds=1))
        self.worker.alive = True
        self.worker.tpool = ThreadPoolExecutor(1)
        monkeypatch.setattr(ThreadWorker, "handle", self._handle)

    def _handle(self, conn: Any) -> bool:
        self.read.append(conn.sock.recv(5)[:1])
        return self.read[-1] == b"k"

    def close(self) -> None:
        self.client.close()
        self.conn.sock.close()
        self.worker.tpool.shutdown()


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    made = Line(monkeypatch)
    yield made
    made.close()


def test_a_client_that_asks_again_is_served_by_the_same_thread(line: Line) -> None:
    line.client.sendall(KEEP + KEEP + CLOSE)
    assert line.worker.handle(line.conn) is False
    assert line.read == [b"k", b"k", b"c"]


def test_a_client_that_is_quiet_goes_back_to_the_main_loop(line: Line) -> None:
    line.client.sendall(KEEP)
    assert line.worker.handle(line.conn) is True
    assert line.read == [b"k"]


def test_a_client_that_begins_to_ask_does_not_hold_the_thread(line: Line) -> None:
    line.client.sendall(KEEP + KEEP[:-1])
    assert line.worker.handle(line.conn) is True
    assert line.read == [b"k"]


def test_nobody_waits_for_a_thread_that_stays(line: Line) -> None:
    line.worker.tpool._work_queue.put(None)
    line.client.sendall(KEEP + KEEP)
    assert line.worker.handle(line.conn) is True
    assert line.read == [b"k"]


def test_a_server_that_ends_stays_with_nobody(line: Line) -> None:
    line.worker.alive = False
    line.client.sendall(KEEP + KEEP)
    assert line.worker.handle(line.conn) is True
    assert line.read == [b"k"]


def test_what_is_waited_for_a_body_is_used_up_and_earned_back_by_what_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    instants = iter([0, 40, 40, 59, 59, 60, 100, 159])
    monkeypatch.setattr("backend.patience.time.monotonic", lambda: next(instants))
    client, here = socket.socketpair()
    patient = PatientSocket(here, 60)
    patient.setblocking(True)
    for come, left in ((1, 20), (1, 1), (SLOWEST * 4, 4), (SLOWEST * 200, 60)):
        client.sendall(bytes(come))
        assert len(patient.recv(come)) == come
        assert patient.gettimeout() == pytest.approx(left, abs=0.01)
    client.close()
    patient.close()


def test_a_page_is_sent_on_a_bad_line_for_as_long_as_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 2 KB a second a page of 256 KiB takes two minutes, twice what a silence may last."""
    now, sent, left = [0.0], bytearray(), []
    monkeypatch.setattr("backend.patience.time.monotonic", lambda: now[0])

    def slowly(sock: socket.socket, data: memoryview, _flags: int = 0) -> int:
        left.append(sock.gettimeout())
        now[0] += 20
        sent.extend(data[:40_000])
        return min(len(data), 40_000)

    client, here = socket.socketpair()
    patient = PatientSocket(here, 60)
    monkeypatch.setattr(socket.socket, "send", slowly)
    patient.sendall(bytes(262_144))
    assert (len(sent), now[0], left) == (262_144, 140, [60] * 7)
    client.close()
    patient.close()


def test_a_line_that_is_reset_takes_none_of_what_came_before() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        patient = PatientSocket(server.accept()[0], 60)
    patient.setblocking(True)
    body = SocketUnreader(patient)
    client.sendall(b"half a picture")
    assert body.read(4, read_ahead=100) == b"half"
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    assert body.read(100) == b" a picture"
    patient.close()
