"""Recusals from the command line (CJ-A1-11)."""

import uuid
from datetime import datetime, timedelta

import click

from backend.commands.person import by_phone
from backend.commands.starting import opened
from backend.sources import recusals
from backend.sources.models import Source


@click.command()
@click.option("--phone", required=True)
@click.option("--source", "source_id", required=True, type=click.UUID, help="the source's id")
@click.option("--reason", required=True)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="its last day")
def recuse(phone: str, source_id: uuid.UUID, reason: str, until: datetime | None) -> None:
    """Keep somebody off the matters of a pollution source from now on: they have an interest in it."""
    app = opened(signs=False)
    ends = until.replace(tzinfo=app.settings.zone) + timedelta(days=1) if until else None
    with app.app_context(), app.database.transaction() as session:
        person, source = by_phone(session, phone), session.get(Source, source_id)
        if source is None:
            raise click.ClickException("there is no such source")
        recusals.record(session, person.id, source, reason, None, ends, by=None)
        click.echo(f"{person.name} is kept off the matters of {source.name}")
