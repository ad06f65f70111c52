"""The rotas of counties."""

from datetime import timedelta
from pathlib import Path

import click

from backend.commands import rota_file
from backend.commands.starting import opened
from backend.core import clock
from backend.rota import rules, service

AHEAD = timedelta(days=7)


@click.group()
def rota() -> None:
    """Who is on duty in a county when."""


@rota.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_(file: Path) -> None:
    """Put turns on rotas from a CSV file: county, phone, begins_at, ends_at, note; times are local unless they name
    their offset. All of it or, with any fault, nothing; a turn that is there already stays as it is."""
    app = opened(signs=False)
    rows = rota_file.read(file, app.settings.zone)
    with app.app_context(), app.database.transaction() as session:
        entered = rota_file.enter(session, rows)
        click.echo(f"added {entered} of {len(rows)} turns")
        for code in sorted({row.county for row in rows}):
            now, path = clock.now(), service.county(session, code).path
            turns = service.turns(session, path, now, now + AHEAD, now)
            for begins, ends in rules.gaps([(turn.begins_at, turn.ends_at) for turn in turns], now, now + AHEAD):
                local = [f"{at.astimezone(app.settings.zone):%Y-%m-%d %H:%M}" for at in (begins, ends)]
                click.echo(f"{code} has nobody from {local[0]} to {local[1]}")
