"""`python -m tests.soak`: what `make test` does a little of, for as long as it takes to believe it."""

import argparse
import itertools
import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.bench import machine
from tests.conftest import KINDS, start_cluster
from tests.soak.soaks import SOAKS, Soak
from tests.soak.town import template

Row = tuple[str, str, str, str]
TOLD_EVERY_S = 60
"""Off a terminal, where no bar can move."""
COLUMNS = (TextColumn("{task.description:64}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


def main() -> None:
    asked = _asked()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)  # thousands of faults are meant
    screen, rows = Console(stderr=True), list[Row]()
    with tempfile.TemporaryDirectory(prefix="xunge-soak-") as folder, _cluster(asked.database):
        facts = [*machine.described(Path(folder)), ("seed", str(asked.seed))]
        with Progress(*COLUMNS, console=screen, transient=False) as progress:
            for soak, kind in itertools.product(SOAKS, [asked.database] if asked.database else KINDS):
                if wanted := getattr(asked, soak.unit):
                    rows.append(_run(soak, kind, wanted, asked.seed, Path(folder), progress))
    Console(width=140).print(_table(rows, facts))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--database", choices=KINDS, help="only this one")
    parser.add_argument("--seed", type=int, default=0, help="another one tells other stories")
    for soak in SOAKS:
        parser.add_argument(f"--{soak.unit}", type=int, default=soak.usual, help=f"of: {soak.title}; 0 leaves it out")
    return parser.parse_args()


@contextmanager
def _cluster(only: str | None) -> Iterator[None]:
    if only == "sqlite":
        yield
        return
    cluster = start_cluster()
    try:
        yield
    finally:
        cluster.stop()


def _run(soak: Soak, kind: str, wanted: int, seed: int, folder: Path, progress: Progress) -> Row:
    task, began, done = progress.add_task(f"{kind}: {soak.title}", total=wanted), time.monotonic(), 0

    told_at = began

    def step() -> None:
        nonlocal done, told_at
        done += 1
        progress.advance(task)
        if not progress.console.is_terminal and (now := time.monotonic()) - told_at >= TOLD_EVERY_S:
            told_at = now
            minutes = (now - began) / 60
            progress.console.print(f"{kind}: {soak.title}: {done:,} of {wanted:,} in {minutes:.1f} min", soft_wrap=True)

    places = folder / f"{kind} {soak.unit}"
    for place in (places / "template", places / "towns"):
        place.mkdir(parents=True)
    soak.run(template(kind, places / "template"), places / "towns", wanted, seed, step)
    return soak.title, kind, f"{done:,} {soak.unit}", f"{(time.monotonic() - began) / 60:.1f}"


def _table(rows: list[Row], facts: list[tuple[str, str]]) -> Table:
    said = "; ".join(f"{name}: {value}" for name, value in facts)
    made = Table(title="Nothing lost, nothing skipped, nothing doubled", caption=said)
    for head in ("soak", "database", "done", "minutes"):
        made.add_column(head, justify="right" if head in ("done", "minutes") else "left")
    for row in rows:
        made.add_row(*row)
    return made


if __name__ == "__main__":
    main()
