"""Accounts."""

import click
from sqlalchemy import select

from backend.auth import people as register
from backend.auth.models import Person
from backend.auth.roles import ROLES
from backend.commands.starting import opened
from backend.grids import service as grids


@click.group()
def people() -> None:
    """Accounts."""


@people.command()
@click.option("--name", required=True)
@click.option("--phone", required=True)
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--grid", required=True, help="the grid's code")
@click.option("--full-time", is_flag=True)
@click.password_option()
def add(name: str, phone: str, role: str, grid: str, full_time: bool, password: str) -> None:
    """Add a person with a first post."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        person = register.add_person(session, name, phone)
        register.set_password(session, person, password, app.settings.password_rounds)
        register.appoint(session, person, role, grids.place_of(session, grid), full_time=full_time)
    click.echo(f"added {name}: {role} of {grid}")


@people.command("password")
@click.option("--phone", required=True)
@click.password_option()
def set_password(phone: str, password: str) -> None:
    """Set a person's password."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        person = session.scalar(select(Person).where(Person.phone == phone))
        if person is None:
            raise click.ClickException("nobody has this phone number")
        register.set_password(session, person, password, app.settings.password_rounds)
    click.echo("password set")
