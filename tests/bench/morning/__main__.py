"""`python -m tests.bench.morning`: see docs/performance.md."""

import argparse
import os
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.bench import machine
from tests.bench.houses import KINDS, POSTGRESQL, SEED_STEPS, House, house
from tests.bench.morning import crowd, ledger, people, pictures, report
from tests.bench.morning.line import Told
from tests.bench.morning.people import Supervisor
from tests.bench.morning.phone import REPORTS, Errand

Begun = Callable[[str, int], Callable[[], object]]
"""Shows a new bar (what, how many steps) and returns what moves it."""
FAULTS_SHOWN = 20


def main() -> None:
    asked = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the server and its cluster end with us
    screen = Console(stderr=True)
    with _folder(asked.folder) as folder, _bars(screen) as begun:
        facts = list(machine.described(folder))
        told, faults = lived(asked.database, asked.phones, asked.minutes * 60, asked.seed, folder, begun)
    asked_for = f"{asked.phones} in {asked.minutes:g} minutes, seed {asked.seed}, {asked.database}"
    facts += [("load after", machine.load()), ("phones", asked_for), *report.facts(told)]
    if asked.markdown:
        click.echo(report.markdown(told, facts))
    else:
        Console().print(report.table(told, facts))
    faults += report.slowness(told)
    for fault in faults[:FAULTS_SHOWN]:
        click.echo(fault, err=True)
    if faults:
        sys.exit(f"{len(faults)} faults")


def lived(
    kind: str, phones: int, seconds: float, seed: int, folder: Path, begun: Begun
) -> tuple[list[Told], list[str]]:
    """A whole morning on a server of its own. Returns what the phones tell, and all that went wrong."""
    hired: list[Supervisor] = []
    step = begun("the demonstration's data, people, sources", SEED_STEPS + 1)
    with house(kind, folder / "house", step, lambda app: hired.extend(people.hire(app, phones, seed))) as ready:
        drawn = pictures.draw_all(hired, folder / "pictures", begun("pictures", phones))
        moments = crowd.moments(phones, seconds, random.Random(seed))
        errands = [Errand(*errand) for errand in zip(moments, hired, drawn, strict=True)]
        told = _played(ready, errands, begun("phones", phones))
        faults = report.faults(told, phones)
        faults += ledger.faults_in_database(ready.settings.database_url, phones * REPORTS, phones)
        faults += ledger.faults_in_log(ready.settings.data / "server.log")
    return told, faults


def _played(ready: House, errands: list[Errand], step: Callable[[], object]) -> list[Told]:
    told = []
    for one in crowd.play(f"http://{ready.settings.host}:{ready.settings.port}", errands):
        told.append(one)
        step()
    return told


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.morning", description=__doc__)
    parser.add_argument("--phones", type=int, default=2000)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, default=10.0, help="in which they all arrive")
    length.add_argument("--rate", type=float, help="phones a second, instead of --minutes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=KINDS, default=POSTGRESQL)
    parser.add_argument("--markdown", action="store_true", help="print the section for docs/performance.md")
    parser.add_argument("--folder", type=Path, help="a new folder to work in, with the server's log; it stays")
    asked = parser.parse_args()
    if asked.rate:
        asked.minutes = asked.phones / asked.rate / 60
    return asked


@contextmanager
def _folder(named: Path | None) -> Iterator[Path]:
    if named is not None:
        named.mkdir(parents=True)
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="xunge-morning-", dir=os.environ.get("XUNGE_BENCH_FOLDER")) as folder:
        yield Path(folder)


@contextmanager
def _bars(screen: Console) -> Iterator[Begun]:
    columns = (TextColumn("{task.description:42}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen) as progress:

        def begun(what: str, steps: int) -> Callable[[], object]:
            task = progress.add_task(what, total=steps)
            return lambda: progress.advance(task)

        yield begun


if __name__ == "__main__":
    main()
