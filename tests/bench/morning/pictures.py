"""The pictures of a morning, drawn before it begins: every phone has one of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from media.draw import draw
from tests.bench.morning.people import Supervisor

SIZE = 100_000


def draw_all(supervisors: Sequence[Supervisor], folder: Path, step: Callable[[], object]) -> list[Path]:
    """A JPEG of about SIZE bytes for each, by all processors; `step` after each."""
    folder.mkdir()
    paths = [folder / f"{supervisor.phone}.jpg" for supervisor in supervisors]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for _ in pool.map(_draw, supervisors, paths, chunksize=10):
            step()
    return paths


def _draw(supervisor: Supervisor, path: Path) -> None:
    lon, lat, number = supervisor.lon, supervisor.lat, int(supervisor.phone)
    path.write_bytes(draw(number, size=SIZE, taken_at=datetime.now(UTC), lon=lon, lat=lat, caption=supervisor.phone))
