"""Turns at reading: each file of boundaries is read by a process with memory of its own, so that only a few of them may
run at a time, for each process of the server."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import cast

from flask import Flask, current_app

from backend.grids.errors import ReadersBusy

AGAIN_S = "10"


def install(app: Flask, at_once: int) -> None:
    app.extensions["xunge.readers"] = BoundedSemaphore(at_once)


@contextmanager
def turn(**facts: str) -> Iterator[None]:
    """Nobody waits for one, who would hold a thread that phones need. Raises ReadersBusy with these facts."""
    readers = cast(BoundedSemaphore, current_app.extensions["xunge.readers"])
    if not readers.acquire(blocking=False):
        raise ReadersBusy(headers={"Retry-After": AGAIN_S}, **facts)
    try:
        yield
    finally:
        readers.release()
