"""Phones that lose their line in the middle of a request give their thread back, and what they sent is kept."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from backend.server import THREADS
from sync.upload_limits import AT_ONCE
from tests.ports import free_port
from tests.sync.uploads_house import metadata
from tests.waiting import wait_for

SERVER = """
from pathlib import Path
from backend.core.settings import Settings
from backend.server import Server
from tests.sync.uploads_house import House

house = House("sqlite:///{folder}/uploads.db")
settings = Settings(Path("{folder}"), "sqlite://", "", ("token",), ("anchor",), port={port}, silence_seconds=1)
Server(settings, lambda _: house.app(), works=False).run()
"""
UPLOADS = "/api/v1/uploads"
PICTURE = b"\xff\xd8 no picture at all"
ME = {"Authorization": "aigul", "Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Where our own server serves uploads, with one second of patience."""
    port = free_port()
    script = SERVER.format(folder=tmp_path, port=port)
    arguments, environment = [sys.executable, "-c", script], os.environ | {"PYTHONPATH": str(Path.cwd())}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(arguments, env=environment, stderr=log)
    try:
        yield port
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def http(port: int) -> Iterator[httpx.Client]:
    transport = httpx.HTTPTransport(retries=8)  # waits for the port to open, with growing pauses
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=30) as client:
        client.options(UPLOADS)
        yield client


def fall_silent(port: int, said: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(said)
    return connection


def begun(content: bytes) -> bytes:
    """A creation with upload that announces the content and ends in the middle of it."""
    said = ME | BYTES | {"Upload-Length": str(len(content)), "Upload-Metadata": metadata(content)}
    head = f"POST {UPLOADS} HTTP/1.1\r\nHost: here\r\nContent-Length: {len(content)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return head.encode() + b"\r\n" + content[: len(content) // 2]


def kept(folder: Path) -> int:
    """How many uploads have some bytes, looked up beside HTTP: who asks fences a writer off."""
    database = sa.create_engine(f"sqlite:///{folder}/uploads.db")
    with database.connect() as connection:
        found: int = connection.scalar(sa.text('SELECT count(*) FROM sync_upload WHERE "offset" > 0')) or 0
    database.dispose()
    return found


def test_silent_phones_hold_no_thread_and_what_they_sent_is_kept(http: httpx.Client, port: int, tmp_path: Path) -> None:
    pictures = [PICTURE + bytes([number]) for number in range(AT_ONCE)]
    half = len(pictures[0]) // 2
    with ExitStack() as lines:
        for picture in pictures:
            lines.enter_context(fall_silent(port, begun(picture)))
        for _ in range(THREADS - AT_ONCE):
            lines.enter_context(fall_silent(port, b"GET /api/v1/uploads HTTP/1.1"))
        assert http.options(UPLOADS).status_code == 204
        wait_for(lambda: kept(tmp_path) == AT_ONCE)
        for picture in pictures:
            said = {"Upload-Length": str(len(picture)), "Upload-Metadata": metadata(picture)}
            known = http.post(UPLOADS, headers=ME | said).headers
            assert known["Upload-Offset"] == str(half)
            rest = ME | BYTES | {"Upload-Offset": str(half)}
            assert http.patch(known["Location"], headers=rest, content=picture[half:]).status_code == 204
    assert (tmp_path / "log").read_text() == ""
