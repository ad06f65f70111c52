"""Uploads by tus-js-client: ours, and npm @tus/server with @tus/file-store in the same mode, and as it comes."""

import io
import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sync.client_pictures import Picture
from tests.bench.phones import Phone
from tests.bench.size import Size
from tests.bench.timing import MS, PER_SECOND, Measure
from tests.js import node

PICTURE_BYTES = 300 * 1000
PHOTOS_A_REPORT = 20
AS_IT_COMES = "npm @tus/server, @tus/file-store"
IN_OUR_MODE = f"{AS_IT_COMES}, hashing and syncing"

Draw = Callable[[random.Random], bytes]


def uploads(phone: Phone, size: Size, folder: Path) -> Iterator[Measure]:
    """Peer and client run until the last measure is taken. Every picture was promised by a report beforehand.

    `folder` must be on the same disk as our store.
    """
    with _running("many.mjs") as client:
        race = _Race(phone, client, size, folder)
        with _peer(folder / "peer", "durable") as peer:
            yield race.measure("in the creation", noise, size.uploads, peer)
            yield race.measure("after the creation", noise, size.uploads, peer, in_creation=False)
            yield race.measure("JPEG, in the creation", jpeg, size.uploads // 5, peer)
        with _peer(folder / "peer") as peer:
            yield race.measure("in the creation", noise, size.uploads, peer)


@dataclass(frozen=True)
class Peer:
    name: str
    endpoint: str


class _Race:
    """Two servers get the same files from one client."""

    def __init__(self, phone: Phone, client: "subprocess.Popen[str]", size: Size, folder: Path) -> None:
        self._phone, self._client, self._size, self._folder = phone, client, size, folder
        self._dice = random.Random(1)

    def measure(self, title: str, draw: Draw, count: int, peer: Peer, in_creation: bool = True) -> Measure:
        pictures = self._folder / "pictures"

        def theirs() -> tuple[float, float]:
            self._draw(pictures, draw, count)
            return self._sent(pictures, peer.endpoint, {}, in_creation)

        def ours() -> tuple[float, float]:
            sent = self._sent(pictures, self._phone.url("/api/v1/uploads"), self._phone.headers, in_creation)
            shutil.rmtree(pictures)
            return sent

        return Measure(
            title=f"uploads of 300 KB, {self._size.uploads_at_once} at once, {title}",
            names=("", ", p95"),
            units=(PER_SECOND, MS),
            ours=ours,
            bare_name=peer.name,
            bare=theirs,
            rounds=self._size.upload_rounds,
            note=lambda: f"{count} files a round",
        )

    def _draw(self, folder: Path, draw: Draw, count: int) -> None:
        """Fresh files, all promised."""
        folder.mkdir()
        pictures = [Picture(draw(self._dice)) for _ in range(count)]
        for picture in pictures:
            (folder / picture.sha256).write_bytes(picture.content)
        self._phone.promise(pictures, PHOTOS_A_REPORT)

    def _sent(self, folder: Path, endpoint: str, headers: dict[str, str], in_creation: bool) -> tuple[float, float]:
        """Files a second, and milliseconds of the slowest (p95)."""
        asked = {"endpoint": endpoint, "headers": headers, "folder": str(folder), "inCreation": in_creation}
        asked |= {"atOnce": self._size.uploads_at_once}
        assert self._client.stdin
        self._client.stdin.write(json.dumps(asked) + "\n")
        self._client.stdin.flush()
        told: dict[str, Any] = json.loads(_line(self._client))
        return len(told["ms"]) / told["seconds"], float(np.percentile(told["ms"], 95))


def noise(dice: random.Random) -> bytes:
    """No picture at all: what a transport costs."""
    return dice.randbytes(PICTURE_BYTES)


def jpeg(dice: random.Random) -> bytes:
    """What a cheap phone takes, scaled by its app: 1600 × 1200 pixels, about 300 KB."""
    small = Image.frombytes("RGB", (160, 120), dice.randbytes(160 * 120 * 3))
    picture = small.resize((1600, 1200), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


@contextmanager
def _peer(folder: Path, *mode: str) -> Iterator[Peer]:
    folder.mkdir()
    with _running("peer.mjs", str(folder), *mode) as peer:
        yield Peer(IN_OUR_MODE if mode else AS_IT_COMES, f"http://127.0.0.1:{int(_line(peer))}/files")
    shutil.rmtree(folder)


@contextmanager
def _running(program: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    pipe = subprocess.PIPE
    process = subprocess.Popen(node(program, *arguments), stdin=pipe, stdout=pipe, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    if line := process.stdout.readline():
        return line
    raise RuntimeError(f"{process.args} ended with {process.wait()}")
