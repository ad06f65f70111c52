"""`python -m tests.bench`: see docs/performance.md."""

import argparse
import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from backend.core.edge import Application
from backend.demo import accounts
from tests.bench import (
    air,
    boundaries,
    bundles,
    county,
    frames,
    growth,
    locating,
    machine,
    pulls,
    pushes,
    readings,
    report,
    uploading,
    verdicts,
    year,
)
from tests.bench.houses import KINDS, POSTGRESQL, SEED_STEPS, House, house
from tests.bench.phones import Phone, of_role
from tests.bench.size import FULL, QUICK, Size
from tests.bench.timing import Figure, Measure, take

MEASURES_OF_A_HOUSE = 17
MEASURES_OF_POSTGRESQL = 2
MEASURES_OF_THE_LIBRARY = 6
MEASURES_OF_UPLOADS = 4


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, to see whether it runs")
    parser.add_argument("--markdown", action="store_true", help="print the section for docs/performance.md")
    parser.add_argument("--database", choices=KINDS, help="only this one")
    asked = parser.parse_args()
    size, kinds = QUICK if asked.quick else FULL, [asked.database] if asked.database else list(KINDS)
    screen = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="xunge-bench-", dir=os.environ.get("XUNGE_BENCH_FOLDER")) as folder:
        facts = list(machine.described(Path(folder)))
        figures = measured(kinds, size, Path(folder), screen)
        facts += [("load after", machine.load()), ("rounds", str(size.rounds))]
    if asked.markdown:
        click.echo(report.markdown(figures, facts))
    else:
        Console().print(report.table(figures, facts))


def measured(kinds: list[str], size: Size, folder: Path, screen: Console) -> list[Figure]:
    """Every figure on every database, with a progress bar on `screen`."""
    figures: list[Figure] = []
    measures = len(kinds) * MEASURES_OF_A_HOUSE + MEASURES_OF_POSTGRESQL * kinds.count(POSTGRESQL)
    steps = len(kinds) * (SEED_STEPS + 1 + MEASURES_OF_UPLOADS * (size.upload_rounds + 1)) + measures * (
        size.rounds + 1
    )
    columns = (TextColumn("{task.description:50}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen) as progress:
        task = progress.add_task("", total=steps + MEASURES_OF_THE_LIBRARY * (size.rounds + 1))

        def step() -> None:
            progress.advance(task)

        for kind in kinds:
            progress.update(task, description=f"{kind}: the demonstration's data")
            with house(kind, folder / kind, step, furnish) as ready:
                first = kind == kinds[0]
                for database, measure in _measures(ready, size, with_library=first):
                    progress.update(task, description=f"{database}: {measure.title}")
                    figures += take(measure, database, step)
    return figures


def furnish(app: Application) -> None:
    """What is added to the demonstration before anybody is served."""
    county.furnish(app)
    year.furnish(app)
    air.furnish(app)


def _measures(ready: House, size: Size, with_library: bool) -> Iterator[tuple[str, Measure]]:
    """In an order in which nothing disturbs what comes later: first what reads, then what writes."""
    supervisors = (Phone(ready, account, ready.settings.data) for account in of_role(ready, "supervisor"))
    *phones, scribe = itertools.islice((phone for phone in supervisors if phone.sources), size.phones + 1)
    known = accounts.read(ready.settings.data)
    first = {
        "village supervisor": phones[0],
        "supervisor, 30 sources and 60 tasks": Phone(ready, county.supervisor(known), ready.settings.data),
        "county dispatcher": Phone(ready, next(of_role(ready, "dispatcher")), ready.settings.data),
        "dispatcher, 20,000 records": Phone(ready, county.dispatcher(known), ready.settings.data),
    }
    for measure in itertools.chain(
        pulls.without_news(phones[0], size),
        pulls.first(first, size),
        growth.over_more_records(ready, size) if ready.kind == POSTGRESQL else (),
        locating.over_http(phones[0], size),
        bundles.fetched(phones[0], size),
        year.view(ready, first["dispatcher, 20,000 records"], size),
        readings.readings(ready, size),
        frames.frames(ready, size),
        air.intake(ready, size),
        air.reading_to_alarm(ready, Phone(ready, air.dispatcher(known), ready.settings.data), size)
        if ready.kind == POSTGRESQL
        else (),
        pushes.pushes(ready, phones, scribe, size),
        uploading.uploads(phones[0], size, ready.settings.data),
    ):
        yield ready.kind, measure
    if with_library:
        for measure in itertools.chain(
            locating.library(ready, size), boundaries.library(ready, size), verdicts.judging(size)
        ):
            yield "—", measure


if __name__ == "__main__":
    main()
