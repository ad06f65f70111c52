"""Alarms: what the rules would have found in the past."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from backend.anomalies import history, kinds
from backend.anomalies.chart import chart
from backend.anomalies.replay import Replay, Told
from backend.anomalies.tally import KINDS, Tally
from backend.commands.starting import opened
from backend.core import clock
from backend.core.instants import EARLIEST, LATEST
from backend.policy import service as policy
from backend.policy.service import book

DAY = click.DateTime(["%Y-%m-%d"])
FILE = click.Path(path_type=Path, dir_okay=False)
WARM_UP = timedelta(days=3)
"""No rule looks further back than 72 hours (anomaly_schemas)."""
ROWS = 40
STEP = timedelta(hours=6)


def within_reason(_context: click.Context, _option: click.Parameter, day: datetime) -> datetime:
    """Raises BadParameter for a day without others around it, or none in UTC."""
    if not EARLIEST.year <= day.year < LATEST.year:
        raise click.BadParameter(f"must lie between the years {EARLIEST.year} and {LATEST.year}")
    return day


@click.group()
def alarms() -> None:
    """Alarms: what the rules would have found in the past."""


@alarms.command()
@click.option("--from", "first", required=True, type=DAY, callback=within_reason, help="first local day")
@click.option("--to", "last", required=True, type=DAY, callback=within_reason, help="last local day, included")
@click.option("--policy", "file", type=FILE, help="thresholds of this file  [default: the policy in force]")
@click.option(
    "--station", "codes", multiple=True, help="count only this one; its neighbours are looked at all the same"
)
@click.option("--csv", "table", type=FILE, help="write every day, station and kind to this file")
@click.option("--plot", type=FILE, help="draw the days to this file (SVG)")
def replay(
    first: datetime, last: datetime, file: Path | None, codes: tuple[str, ...], table: Path | None, plot: Path | None
) -> None:
    """Run the rules over readings of the past, switched on or not, and count what begins a day. Changes nothing."""
    if last < first:
        raise click.BadParameter("must not be before --from", param_hint="--to")
    app = opened(signs=False)
    zone = app.settings.zone
    tally = Tally(first.date(), last.date(), zone)
    with app.app_context(), app.database.transaction(write=False) as session:
        anomalies = (policy.read(file) if file else book().as_of(clock.now())).alarms.anomalies
        start, end = (each.replace(tzinfo=zone) for each in (first - WARM_UP, last + timedelta(days=1)))
        places = history.stations(session, start)
        if unknown := sorted(set(codes) - {place.code for place in places}):
            raise click.BadParameter(f"no station in service: {', '.join(unknown)}", param_hint="--station")
        known = [place.code for place in places]
        readings = _progress(history.readings(session, known, start, end), start, end)
        tally.count(Replay(anomalies, places).run(readings), frozenset(codes) or None)
    _show(tally)
    if table:
        with table.open("w", encoding="utf-8", newline="") as lines:
            tally.write(lines)
    if plot:
        plot.write_text(chart(tally, f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"), encoding="utf-8")


def _progress(readings: Iterable[Told], start: datetime, end: datetime) -> Iterator[Told]:
    """Pass them on, with a bar on the terminal that follows their time."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task, count, told_at = progress.add_task("replay", total=(end - start).total_seconds(), said=""), 0, start
        for reading in readings:
            count += 1
            if reading.at - told_at >= STEP:
                told_at = reading.at
                done = (told_at - start).total_seconds()
                progress.update(task, completed=done, said=f"{_day(told_at)}, {count:,} readings")
            yield reading
        progress.update(task, completed=(end - start).total_seconds(), said=f"{count:,} readings")


def _day(at: datetime) -> date:
    return at.date()


def _show(tally: Tally) -> None:
    console, rows, days = Console(), list(tally.rows()), len(tally.days)
    by_kind = Table(title=f"{tally.first} – {tally.last}: {days} days")
    for name in ("kind", "episodes", "a day", "alarms or matters", "a day"):
        by_kind.add_column(name, justify="left" if name == "kind" else "right")
    for kind in KINDS:
        total = sum(row[2] for row in rows if row[1] == kind)
        own = sum(row[3] for row in rows if row[1] == kind)
        by_kind.add_row(
            f"{kind} {kinds.name(kind)[0]}", str(total), f"{total / days:.2f}", str(own), f"{own / days:.2f}"
        )
    console.print(by_kind)
    stations = Table(title="by station")
    for name in ("station", "kind", "episodes", "alarms or matters", "a day", "busiest day"):
        stations.add_column(name, justify="left" if name in ("station", "kind") else "right")
    for station, kind, total, own, a_day, busiest in rows[:ROWS]:
        stations.add_row(station, kind, str(total), str(own), f"{a_day:.2f}", str(busiest))
    console.print(stations)
    if len(rows) > ROWS:
        console.print(f"… and {len(rows) - ROWS} more: --csv has them all")
