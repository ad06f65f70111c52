"""A client that sends its request byte by byte, or never whole, holds no thread: others are answered past it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from backend.patience import WAITED_FOR
from backend.server import THREADS
from tests.ports import free_port

SERVER = """
import resource
from pathlib import Path
from flask import Flask, request
from backend.core.settings import Settings
from backend.patience import SLOW_HEADS
from backend.server import Server

app = Flask("here")

@app.route("/<path>", methods=["GET", "POST"])
def here(path):
    return "; ".join((path, request.get_data(as_text=True)))

@app.route("/early", methods=["POST"])
def early():
    return "too much", 413

@app.route("/slow-heads")
def slow_heads():
    return str(sum(sample.value for sample in SLOW_HEADS.collect()[0].samples if sample.name.endswith("_total")))

settings = Settings(Path("{folder}"), "sqlite://", "", ("token",), ("anchor",), port={port}, silence_seconds={patience})
server = Server(settings, lambda _: app, works=False)
server.cfg.set("worker_connections", {most})
resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files}))
server.run()
"""
ASK = b"GET /%s HTTP/1.1\r\nHost: here\r\n\r\n"
MOST = 2 * THREADS
FOR_EVER = 3600


@contextmanager
def serving(folder: Path, patience: int, files: int = 1024) -> Iterator[int]:
    """A server of its own that may open so many files; ends with no traceback in its log."""
    port = free_port()
    script = SERVER.format(folder=folder, port=port, patience=patience, files=files, most=MOST)
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-c", script], env=environment, stderr=log)
    transport = httpx.HTTPTransport(retries=8)  # waits for the port to open, with growing pauses
    try:
        with httpx.Client(transport=transport) as client:
            client.get(f"http://127.0.0.1:{port}/open")
        yield port
    finally:
        server.terminate()
        server.wait()
    assert (folder / "log").read_text() == ""


def say(port: int, said: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(said)
    return connection


def hear(connection: socket.socket, end: bytes) -> bytes:
    """What comes up to `end`, or up to the end of the connection."""
    heard = b""
    while not heard.endswith(end) and (more := connection.recv(65536)):
        heard += more
    return heard


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Of a server that waits for a head as long as the tests take."""
    with serving(tmp_path_factory.mktemp("slow"), FOR_EVER) as port:
        yield port


def test_others_are_answered_past_clients_whose_head_does_not_come(port: int) -> None:
    with ExitStack() as lines:
        slow = [lines.enter_context(say(port, b"G")) for _ in range(MOST - 4)]
        asking = lines.enter_context(say(port, ASK % b"now"))
        assert hear(asking, b"now; ").startswith(b"HTTP/1.1 200")
        for connection in slow:
            connection.sendall((ASK % b"late")[1:])
        assert all(hear(connection, b"late; ").startswith(b"HTTP/1.1 200") for connection in slow)


def test_others_are_answered_past_clients_whose_body_does_not_come(port: int) -> None:
    counted = b"POST /late HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\n1"
    chunked = b"POST /late HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n123\r\n"
    asks_first = counted[:-1].replace(b"Host", b"Expect: 100-continue\r\nHost")
    with ExitStack() as lines:
        slow = [(lines.enter_context(say(port, counted)), b"23") for _ in range(THREADS)]
        slow += [
            (lines.enter_context(say(port, said)), rest)
            for said, rest in ((chunked, b"0\r\n\r\n"), (asks_first, b"123"))
        ]
        assert hear(slow[-1][0], b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        asking = lines.enter_context(say(port, ASK % b"now"))
        assert hear(asking, b"now; ").startswith(b"HTTP/1.1 200")
        for connection, rest in slow:
            connection.sendall(rest)
            assert hear(connection, b"late; 123").startswith(b"HTTP/1.1 200")


def test_others_are_answered_past_clients_that_do_not_hang_up(port: int) -> None:
    """gunicorn itself would wait for each of them in turn, for two seconds, in the loop that serves everybody."""
    last = ASK.replace(b"Host", b"Connection: close\r\nHost") % b"last"
    with ExitStack() as lines:
        leaving = [lines.enter_context(say(port, last)) for _ in range(THREADS)]
        assert all(hear(connection, b"last; ").startswith(b"HTTP/1.1 200") for connection in leaving)
        asking = lines.enter_context(say(port, ASK % b"now"))
        assert hear(asking, b"now; ").startswith(b"HTTP/1.1 200")
        assert [connection.recv(1) for connection in leaving] == [b""] * THREADS


def test_an_answer_is_heard_whatever_its_client_is_still_sending(port: int) -> None:
    early = b"POST /early HTTP/1.1\r\nHost: here\r\nContent-Length: 3000000\r\n\r\n"
    with say(port, early + bytes(200_000)) as connection:
        assert hear(connection, b"too much").startswith(b"HTTP/1.1 413")
        connection.sendall(bytes(100_000))
        assert connection.recv(1) == b""


def test_a_full_house_lets_who_waits_longest_go(port: int) -> None:
    with ExitStack() as lines:
        slow = [lines.enter_context(say(port, b"G")) for _ in range(2 * MOST)]
        asking = lines.enter_context(say(port, ASK % b"now"))
        assert hear(asking, b"now; ").startswith(b"HTTP/1.1 200")
        with pytest.raises(ConnectionResetError):
            slow[0].recv(1)


def test_a_head_that_comes_byte_by_byte_is_read_as_any_other(port: int) -> None:
    with say(port, b"") as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in ASK % b"drop":
            connection.sendall(bytes([byte]))
        assert hear(connection, b"drop; ").startswith(b"HTTP/1.1 200")


def test_requests_sent_in_one_go_are_all_answered_though_the_last_comes_in_two_parts(port: int) -> None:
    post = b"POST /%s HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\nbody"
    last = ASK % b"last"
    with say(port, post % b"first" + ASK % b"second" + last[:10]) as connection:
        assert hear(connection, b"second; ").count(b"HTTP/1.1 200") == 2
        connection.sendall(last[10:])
        assert hear(connection, b"last; ").startswith(b"HTTP/1.1 200")


def test_who_ends_in_the_middle_of_a_head_is_let_go(port: int) -> None:
    with say(port, b"GET /now") as connection:
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""


def test_a_head_beyond_all_measure_is_not_waited_for(port: int) -> None:
    with say(port, b"GET /now HTTP/1.1\r\nCookie: " + b"x" * WAITED_FOR) as connection:
        assert connection.recv(1) == b""


def test_what_takes_too_long_is_let_go_and_where_no_file_is_left_others_wait(tmp_path: Path) -> None:
    """A head is counted; what there is of a body is read, since bytes of a picture would be kept."""
    with serving(tmp_path, 1, files=48) as port, ExitStack() as lines:
        slow = [lines.enter_context(say(port, b"G")) for _ in range(48)]
        with say(port, ASK % b"now") as connection:
            assert hear(connection, b"now; ").startswith(b"HTTP/1.1 200")
        for connection in slow:
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
        with say(port, b"POST /part HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\npart") as connection:
            assert hear(connection, b"part; part").startswith(b"HTTP/1.1 200")
        with say(port, ASK % b"slow-heads") as connection:
            assert hear(connection, b"48.0").endswith(b"\r\n\r\n48.0")
