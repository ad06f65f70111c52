"""`python -m tests.bench.publishing`: how long after boundaries are published every process answers by them.

PostgreSQL, 926 villages, `xunge serve` in two processes and `xunge worker`. A village gets another name, round by
round: at once, and at an hour two seconds ahead. Sixteen kept connections, spread over both processes, ask where its
middle lies and what it is called until each is told the new name; counted is the last one.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from backend.app import create_app
from backend.core import clock
from backend.core.edge import Application
from backend.grids import publishing
from backend.grids.states import GridState
from tests.bench import machine
from tests.bench.callers import Caller, plain
from tests.bench.houses import POSTGRESQL, House, house
from tests.bench.phones import Phone, of_role

ROUNDS, CONNECTIONS = 5, 16
AHEAD = timedelta(seconds=2)
GIVEN_UP_S, BETWEEN_S = 30.0, 0.01


@dataclass(frozen=True)
class Round:
    """Seconds."""

    prepared: float
    written: float
    located: float
    told: float


def main() -> None:
    made = Table(title="Publishing boundaries: seconds, median and longest of the rounds")
    heads = ("", "prepared, without a transaction", "written", "located by everybody", "the grid's record everywhere")
    for head in heads:
        made.add_column(head, justify="right" if head else "left")
    with tempfile.TemporaryDirectory(prefix="xunge-bench-") as folder:
        with house(POSTGRESQL, Path(folder) / "house", lambda: None) as ready, working(ready):
            village = Village(ready)
            for name, ahead in (("at once, after the commit", timedelta()), ("at its hour", AHEAD)):
                made.add_row(name, *shown([village.renamed(ahead) for _ in range(ROUNDS)]))
        made.caption = "; ".join(f"{name}: {value}" for name, value in machine.described(Path(folder)))
    Console(width=140).print(made)


@contextmanager
def working(ready: House) -> Iterator[None]:
    """`xunge worker` beside the server."""
    given = {
        "XUNGE_DATA": str(ready.settings.data),
        "XUNGE_DATABASE_URL": ready.settings.database_url,
        "XUNGE_TOKEN_KEYS": ready.settings.token_keys[0],
        "XUNGE_ANCHOR_KEYS": ready.settings.anchor_keys[0],
    }
    with open(ready.settings.data / "worker.log", "wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "backend.cli", "worker"], env={**os.environ, **given}, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(30)


class Village:
    """The first one of the first supervisor, whatever it is called."""

    def __init__(self, ready: House) -> None:
        account = next(of_role(ready, "supervisor"))
        phone = Phone(ready, account, ready.settings.data)
        self._app: Application = create_app(ready.settings)
        self.code, self._names, self._caller = account["grid"], 0, phone.caller

    def renamed(self, ahead: timedelta) -> Round:
        """Publish another name for it, in force `ahead` of now, and wait until everybody tells it."""
        self._names += 1
        name = f"虚构村{self._names}"
        began = time.perf_counter()
        with self._app.app_context():
            with self._app.database.transaction(write=False) as session:
                base = publishing.last(session)
            states = [replace(state, name=name) if state.code == self.code else state for state in base.states]
            prepared = publishing.prepare(base, states)
            ready = time.perf_counter()
            at = clock.now() + ahead
            with self._app.database.transaction() as session:
                publishing.put(session, prepared, at)
        written = time.perf_counter()
        hour = written if not ahead else time.perf_counter() + (at - clock.now()).total_seconds()
        time.sleep(max(hour - time.perf_counter(), 0))
        located, told = self._told(name, states)
        return Round(ready - began, written - ready, located - hour, told - hour)

    def _told(self, name: str, states: Sequence[GridState]) -> tuple[float, float]:
        """When the last connection was told the name: by where the village lies, and after that by its record."""
        [shape] = [state.geometry for state in states if state.code == self.code]
        middle = shape.representative_point()
        locate = f"/api/v1/grids/locate?lon={middle.x}&lat={middle.y}&datum=WGS84"
        callers = [self._caller() for _ in range(CONNECTIONS)]  # new ones: nobody keeps an idle connection for long
        with ThreadPoolExecutor(CONNECTIONS) as threads:

            def last(path: str, read: Callable[[Any], str]) -> float:
                return max(threads.map(lambda caller: _when(caller, path, lambda body: read(body) == name), callers))

            located = last(locate, lambda answer: str(answer["grids"][-1]["name"]))
            told = last(f"/api/v1/grids/{self.code}", lambda answer: str(answer["name"]))
        for caller in callers:
            caller.close()
        return located, told


def _when(caller: Caller, path: str, so: Callable[[Any], bool]) -> float:
    given_up = time.perf_counter() + GIVEN_UP_S
    while not so(orjson.loads(plain(caller.get(path)))):
        if time.perf_counter() > given_up:
            raise RuntimeError(f"{path} still tells what was before")
        time.sleep(BETWEEN_S)
    return time.perf_counter()


def shown(rounds: Sequence[Round]) -> Iterator[str]:
    for values in zip(*(vars(each).values() for each in rounds), strict=True):
        yield f"{statistics.median(values):.2f} ({max(values):.2f})"


if __name__ == "__main__":
    main()
