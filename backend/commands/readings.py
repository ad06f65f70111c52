"""Readings from files."""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click
from sqlalchemy import select

from backend.commands.starting import opened
from backend.core import clock
from backend.core.edge import Application
from backend.policy.service import book
from backend.stations import files
from backend.stations.intake import Results, Source, take_in
from backend.stations.models import Station

AT_ONCE = 1_000
"""Rows of a transaction: what is interrupted has taken in whole ones, and is taken up by importing the file again."""


@click.group()
def readings() -> None:
    """Readings from files."""


@readings.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--results", type=click.Path(path_type=Path), help="new CSV file: what became of each line")
@click.option("--dry-run", is_flag=True, help="say what would become of each line; nothing is stored")
def import_(file: Path, results: Path | None, dry_run: bool) -> None:
    """Take in readings from a CSV file with the columns station, time, pollutant, value and unit, by Chinese or English
    names, in UTF-8 or GB18030. Times without an offset are local. They are marked as back-filled and open no alarm.
    Importing a file again does no harm."""
    if results is not None and results.exists():
        raise click.ClickException(f"{results} is there already")
    app = opened(signs=False)
    counted: Counter[str] = Counter()
    try:
        with _written(results) as write, app.app_context():
            for rows, became in _taken_in(app, file, dry_run):
                counted.update(" ".join(filter(None, (one["status"], one.get("code")))) for one in became)
                write(rows, became)
    except files.BadReadingsFile as bad:
        raise click.ClickException(f"{bad}; taken in before: {_said(counted)}") from None
    click.echo(f"{'would be ' if dry_run else ''}{_said(counted)}")


def _taken_in(app: Application, file: Path, dry_run: bool) -> Iterator[tuple[list[files.Row], Results]]:
    """Batch after batch, each in a transaction of its own, with a progress bar."""
    encoding, zone = files.encoding_of(file), app.settings.zone
    with app.database.transaction(write=False) as session:
        stations = {station.code: station for station in session.scalars(select(Station))}
    source = Source(f"file {file.name}", stations, heard=False)
    with file.open("rb") as content, click.progressbar(length=file.stat().st_size, label=file.name) as bar:
        for rows in files.batches(content, encoding, zone, AT_ONCE):
            with app.database.transaction() as session:
                became = take_in(session, source, [item for _, item in rows], book().as_of(clock.now()))
                if dry_run:
                    session.rollback()
            yield rows, became
            bar.update(content.tell() - bar.pos)


@contextmanager
def _written(results: Path | None) -> Iterator[Any]:
    """Writes what became of lines to a file, batch by batch, or nowhere."""
    if results is None:
        yield lambda rows, became: None
        return
    with results.open("x", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerow(("line", "status", "code"))
        yield lambda rows, became: _write(out, rows, became)


def _write(out: TextIO, rows: list[files.Row], became: Results) -> None:
    told = zip(rows, became, strict=True)
    csv.writer(out).writerows((line, one["status"], one.get("code", "")) for (line, _), one in told)
    out.flush()


def _said(counted: Counter[str]) -> str:
    return ", ".join(f"{what}: {count}" for what, count in sorted(counted.items())) or "nothing"
