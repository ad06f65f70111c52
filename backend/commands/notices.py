"""Channels of messages outside the app. Their addresses are secrets: they are asked for, and never shown whole."""

import uuid

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth.models import Person
from backend.auth.roles import ROLES
from backend.commands.starting import opened
from backend.grids import service as grids
from backend.notices import channels
from backend.notices.carriers import shown
from backend.notices.channels import Reach
from backend.notices.models import Channel
from backend.notices.texts import LANGUAGES


@click.group()
def notices() -> None:
    """Messages outside the app."""


@notices.group()
def channel() -> None:
    """Ways to people and to the robots of groups."""


@channel.command()
@click.option("--phone", help="whose own channel it is")
@click.option("--role", type=click.Choice(ROLES), help="a group's: everybody with this role …")
@click.option("--grid", help="… in the grid with this code and below it")
@click.option("--language", type=click.Choice(LANGUAGES), default="zh", show_default=True)
@click.option("--address", prompt=True, hide_input=True, envvar="XUNGE_CHANNEL_ADDRESS", help="asked for if left out")
def add(phone: str | None, role: str | None, grid: str | None, language: str, address: str) -> None:
    """Add a channel: dingtalk://SECRET@TOKEN, wecombot://KEY, feishu://SECRET@TOKEN, https://…, mailto:NAME@HOST."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        made = channels.add(session, _reach(session, phone, role, grid), address, language)
        click.echo(f"added {made.id}: {shown(address)}")


def _reach(session: Session, phone: str | None, role: str | None, grid: str | None) -> Reach:
    if phone and not (role or grid):
        person_id = session.scalar(select(Person.id).where(Person.phone == phone))
        if person_id is None:
            raise click.ClickException("nobody has this phone number")
        return Reach(person_id=person_id)
    if role and grid and not phone:
        return Reach(role=role, grid_path=grids.path_of(session, grid))
    raise click.UsageError("give --phone, or --role and --grid")


@channel.command("list")
def list_() -> None:
    """Every channel, its address shortened."""
    app = opened(signs=False)
    with app.database.transaction(write=False) as session:
        for one in session.scalars(select(Channel).where(Channel.removed_at.is_(None)).order_by(Channel.id)):
            whose = f"{one.role} {one.grid_path}" if one.role else f"person {one.person_id}"
            click.echo(f"{one.id}  {shown(one.address):32}  {one.language}  {whose}")


@channel.command()
@click.argument("channel_id", type=click.UUID)
def test(channel_id: uuid.UUID) -> None:
    """Write a test message; the worker sends it in a moment."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        message = channels.test(session, _channel(session, channel_id))
        click.echo(f"message {message.id} waits in the outbox")


@channel.command()
@click.argument("channel_id", type=click.UUID)
def remove(channel_id: uuid.UUID) -> None:
    """Send nothing there any more, and forget the address."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        channels.remove(session, _channel(session, channel_id))
    click.echo("removed")


def _channel(session: Session, channel_id: uuid.UUID) -> Channel:
    found = session.get(Channel, channel_id)
    if found is None or found.removed_at is not None:
        raise click.ClickException("there is no such channel")
    return found
