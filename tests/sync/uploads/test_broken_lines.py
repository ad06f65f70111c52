"""Uploads over real lines: tuspy in chunks, connections cut in the middle, two workers of gunicorn."""

import io
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from tusclient.client import TusClient

from tests.sync.gunicorned import gunicorned, stored_in
from tests.sync.uploads.wire import BYTES, ME, UPLOADS
from tests.sync.uploads_house import MIB, PICTURE, House, metadata, served, sha256_of
from tests.waiting import wait_for


class TestTuspy:
    @pytest.fixture
    def tus(self, house: House) -> Iterator[TusClient]:
        with served(house.app()) as (host, port):
            yield TusClient(f"http://{host}:{port}{UPLOADS}", headers={"Authorization": "aigul"})

    @pytest.mark.parametrize("checksum", [False, True])
    def test_a_picture_in_chunks(self, tus: TusClient, house: House, checksum: bool) -> None:
        said = {"sha256": sha256_of(PICTURE), "filetype": "image/png", "filename": "现场.png"}
        uploader = tus.uploader(
            file_stream=io.BytesIO(PICTURE), chunk_size=700_000, metadata=said, upload_checksum=checksum
        )
        uploader.upload()
        assert house.store.files[sha256_of(PICTURE)] == PICTURE
        assert house.stored[0][2] == "image/png"

    def test_it_stops_and_another_goes_on(self, tus: TusClient, house: House) -> None:
        said = {"sha256": sha256_of(PICTURE)}
        first = tus.uploader(file_stream=io.BytesIO(PICTURE), chunk_size=400_000, metadata=said)
        first.upload(stop_at=800_000)
        second = tus.uploader(file_stream=io.BytesIO(PICTURE), url=first.url, metadata=said)
        assert second.offset == 800_000
        second.upload()
        assert house.store.files[sha256_of(PICTURE)] == PICTURE


def cut_off(port: int, place: str, content: bytes, until: Callable[[], bool] | None = None) -> None:
    """Announce all of the picture, send `content`, and hang up; rudely, with a reset, once `until` holds."""
    head = f"PATCH {place} HTTP/1.1\r\nHost: here\r\nContent-Length: {len(PICTURE)}\r\nUpload-Offset: 0\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in (ME | BYTES).items())
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head.encode() + b"\r\n" + content)
        if until:
            wait_for(until)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


@pytest.mark.parametrize("reset", [False, True])
def test_partial_bytes_of_a_cut_connection_are_kept(house: House, reset: bool) -> None:
    sent = 1_300_000
    least = MIB if reset else sent  # a reset may throw away what the server has not read yet

    def arrived() -> bool:
        return noted_offset(house.engine) >= least

    with served(house.app()) as (host, port), httpx.Client(base_url=f"http://{host}:{port}", trust_env=False) as http:
        place = created(http)
        cut_off(port, place, PICTURE[:sent], until=arrived if reset else None)
        wait_for(arrived)
        assert least <= resumed(http, place) <= sent
    assert house.store.files[sha256_of(PICTURE)] == PICTURE


def noted_offset(engine: sa.Engine) -> int:
    """How far the server is, looked up beside HTTP: a HEAD would fence the broken request off before it has ended."""
    with engine.connect() as connection:
        return connection.scalar(sa.text('SELECT "offset" FROM sync_upload')) or 0


def created(http: httpx.Client) -> str:
    headers = ME | {"Upload-Length": str(len(PICTURE)), "Upload-Metadata": metadata(PICTURE)}
    return http.post(UPLOADS, headers=headers).headers["Location"]


def resumed(http: httpx.Client, place: str) -> int:
    """Ask for the offset, send the rest from there; returns the offset."""
    offset = int(http.head(place, headers=ME).headers["Upload-Offset"])
    rest = {"Upload-Offset": str(offset)} | ME | BYTES
    assert http.patch(place, content=PICTURE[offset:], headers=rest).status_code == 204
    return offset


def test_gunicorn_keeps_what_came_before_the_cut_over_two_workers(tmp_path: Path) -> None:
    database = sa.create_engine(f"sqlite:///{tmp_path}/uploads.db")
    with gunicorned(tmp_path) as (_, port), httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        place = created(http)
        cut_off(port, place, PICTURE[:1_300_000])
        wait_for(lambda: noted_offset(database) >= 1_300_000)
        assert resumed(http, place) == 1_300_000
    database.dispose()
    assert stored_in(tmp_path) == [PICTURE]
