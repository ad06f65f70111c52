"""Tokens of GIS clients."""

import uuid

import click
from sqlalchemy import select

from backend.auth.models import Person
from backend.commands.starting import opened
from backend.core import clock
from backend.core.errors import NotFound
from backend.gis import tokens
from backend.gis.models import GisToken
from backend.gis.schemas_tokens import LONGEST_DAYS


@click.group()
def gis() -> None:
    """Tokens of GIS clients."""


@gis.command()
@click.argument("name")
@click.option("--phone", required=True, help="whose: it reads what this person may")
@click.option("--days", type=click.IntRange(1, LONGEST_DAYS), default=365, show_default=True)
def token(name: str, phone: str, days: int) -> None:
    """Issue a token NAME, say "QGIS at the bureau". It is shown once, here, and kept nowhere."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        person = session.scalar(select(Person).where(Person.phone == phone))
        if person is None:
            raise click.ClickException("nobody has this phone number")
        _, secret = tokens.issue(session, person.id, name, days)
    click.echo(secret)


@gis.command("tokens")
def list_() -> None:
    """Every token: id, whether it is valid, until when, whose, name."""
    app = opened(signs=False)
    wanted = select(GisToken, Person.name).join(Person, Person.id == GisToken.person_id).order_by(GisToken.id)
    with app.database.transaction(write=False) as session:
        for one, person in session.execute(wanted):
            state = "revoked" if one.revoked_at else "expired" if one.expires_at <= clock.now() else "valid"
            click.echo(f"{one.id}\t{state}\t{one.expires_at:%Y-%m-%d}\t{person}\t{one.name}")


@gis.command()
@click.argument("token_id", type=click.UUID)
def revoke(token_id: uuid.UUID) -> None:
    """Let the token TOKEN_ID open nothing any more."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        found = session.get(GisToken, token_id, with_for_update=True)
        if found is None:
            raise NotFound(f"no token {token_id}")
        tokens.revoke(session, found)
    click.echo(f"revoked {token_id}")
