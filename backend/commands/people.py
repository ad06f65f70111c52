"""Accounts and posts."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import click

from backend.auth import people as register
from backend.auth.passwords import make as make_password
from backend.auth.roles import ROLES
from backend.auth.service import end_sessions
from backend.commands import people_file, people_rows
from backend.commands.people_changes import Change
from backend.commands.people_rows import Row
from backend.commands.person import by_phone, in_hand
from backend.commands.starting import opened
from backend.core.edge import Application
from backend.grids import service as grids


@click.group()
def people() -> None:
    """Accounts and posts."""


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


@people.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--apply", "applied", is_flag=True, help="change it; without this, only say what would change")
@click.option("--passwords", type=click.Path(path_type=Path), help="new file for the passwords made")
def import_(file: Path, applied: bool, passwords: Path | None) -> None:
    """Add people and posts, and end posts, from an XLSX or CSV file: name, phone, role, grid, full_time, since, until.
    All of it or, with any fault, nothing; doing it again changes nothing."""
    if passwords and passwords.exists():
        raise click.ClickException(f"{passwords} is there already: passwords are never written over others")
    app = opened(signs=False)
    rows = people_rows.read(file, app.settings.zone)
    with app.app_context(), app.database.transaction(write=False) as session:
        planned = people_file.plan(session, rows)
    if applied:
        planned = _apply(app, rows, [each.row.phone for each in planned if each.adds], passwords)
    for change in planned:
        click.echo(change.said.of(change.row.line))
    if applied:
        _say_what_is_left(app, planned)
    click.echo(f"{'changed' if applied else 'would change; nothing written yet, see --apply'}: {_tally(planned)}")


def _apply(app: Application, rows: Sequence[Row], new: Sequence[str], passwords: Path | None) -> list[Change]:
    """What was done: it is planned anew under the lock, for somebody may have changed the register meanwhile."""
    if new and passwords is None:
        raise click.UsageError("there are new people: name a file for their passwords with --passwords")
    made = {phone: make_password() for phone in new}
    with click.progressbar(length=len(made), label="passwords") as bar:
        digested = people_file.digests(made, app.settings.password_rounds, lambda: bar.update(1))
    with app.app_context(), app.database.transaction() as session:
        planned = people_file.plan(session, rows, lock=True)
        people_file.enter(session, planned, digested)
        added = [(each.row.name, each.row.phone, made[each.row.phone]) for each in planned if each.adds]
        if passwords and added:  # before the commit: nobody gets an account whose password is nowhere
            _write_down(passwords, added)
    return planned


def _say_what_is_left(app: Application, planned: Sequence[Change]) -> None:
    """Whose post ends may have something in hand."""
    with app.app_context(), app.database.transaction(write=False) as session:
        for phone in dict.fromkeys(change.row.phone for change in planned if change.ends):
            click.echo(in_hand(session, by_phone(session, phone)))


def _tally(planned: Sequence[Change]) -> str:
    added, ended = sum(each.adds for each in planned), sum(each.ends is not None for each in planned)
    return f"{added} people added, {sum(each.appoints for each in planned)} posts begun, {ended} ended"


def _write_down(file: Path, rows: list[tuple[str, str, str]]) -> None:
    """Readable by its owner only; never over an older one."""
    with open(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows([("name", "phone", "password"), *rows])


@people.command()
@click.option("--phone", required=True)
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--grid", required=True, help="the grid's code")
@click.option("--full-time", is_flag=True)
def appoint(phone: str, role: str, grid: str, full_time: bool) -> None:
    """Give somebody another post, from now on."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        person = by_phone(session, phone)
        if people_file.held(session, person, role, grid):
            raise click.ClickException(f"{person.name} is {role} of {grid} already")
        register.appoint(session, person, role, grids.place_of(session, grid), full_time=full_time)
        click.echo(f"{person.name} is {role} of {grid} now")


@people.command()
@click.option("--phone", required=True)
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--grid", required=True, help="the grid's code")
def dismiss(phone: str, role: str, grid: str) -> None:
    """End a post now, and say what its person has in hand. It stays as history, and so does what was done in it."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        person = by_phone(session, phone)
        posts = people_file.held(session, person, role, grid)
        if not posts:
            raise click.ClickException(f"{person.name} is not {role} of {grid}")
        for post in posts:
            register.dismiss(session, post)
        click.echo(f"{person.name} is no longer {role} of {grid}")
        click.echo(in_hand(session, person))


@people.command("password")
@click.option("--phone", required=True)
@click.password_option()
def set_password(phone: str, password: str) -> None:
    """Set a person's password, and sign them out everywhere. What lies on their phones stays there."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        person = by_phone(session, phone)
        register.set_password(session, person, password, app.settings.password_rounds)
        end_sessions(session, person)
    click.echo("password set; signed out everywhere")


@people.command()
@click.option("--phone", required=True)
def disable(phone: str) -> None:
    """Let nobody work by an account any more, say of somebody who left. What they made is handed over."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        person = by_phone(session, phone)
        register.disable(session, person)
        click.echo(f"{person.name} is disabled")
        click.echo(in_hand(session, person))


@people.command()
@click.option("--phone", required=True)
def enable(phone: str) -> None:
    """Let an account that was disabled work again; its person signs in anew."""
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        person = by_phone(session, phone)
        register.enable(session, person)
        click.echo(f"{person.name} works again")
