"""The command line. Every command says what is wrong in one line and exits 2; tracebacks are for developers."""

import os
import sys
import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from alembic import command
from sqlalchemy.exc import OperationalError

from backend import server
from backend.app import create_app
from backend.auth import people
from backend.auth.models import Person
from backend.auth.roles import ROLES, WORKING
from backend.core import backup, logs, migrations, settings
from backend.core.edge import Application
from backend.core.errors import Problem
from backend.demo import accounts
from backend.demo.geography import MissingOutlinesError
from backend.demo.seed import seed
from backend.grids import service as grids
from backend.policy import service as policy

REFUSALS = (
    settings.SettingsError,
    policy.PolicyError,
    migrations.SchemaNewer,
    backup.BackupError,
    server.PortTaken,
    MissingOutlinesError,
    Problem,
)


def main() -> None:
    """Run a command; whatever a person can act on is said in plain lines."""
    try:
        xunge.main(prog_name="xunge", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except REFUSALS as error:
        fail(*str(error).splitlines())
    except PermissionError as error:
        fail(f"cannot write {error.filename}: {error.strerror}; set XUNGE_DATA to a folder of yours")
    except OperationalError as error:
        fail(f"the database cannot be reached: {str(error.orig).strip().splitlines()[0]}")


def fail(*lines: str) -> None:
    for line in lines:
        click.echo(f"xunge: {line}", err=True)
    sys.exit(2)


@click.group()
@click.version_option(package_name="xunge")
def xunge() -> None:
    """Xunge 巡格: grid supervision of the environment."""


def prepared(*, demo: bool = False) -> settings.Settings:
    """The settings, with a data folder that can be written."""
    made = settings.from_environment(demo=demo)
    made.data.mkdir(parents=True, exist_ok=True)
    if not os.access(made.data, os.W_OK):
        raise PermissionError(13, "permission denied", str(made.data))
    return made


def opened() -> Application:
    """The application on a database that is up to date; refuses another."""
    app = create_app(prepared())
    migrations.refuse_newer(app.database)
    if not migrations.is_current(app.database):
        fail("the database is not up to date: run `xunge db upgrade` first")
    return app


@xunge.command()
def serve() -> None:
    """Serve the API (HOST, PORT). On SQLite this also does the background work."""
    made = prepared()
    server.refuse_taken_port(made)
    opened().database.close()
    logs.configure()
    click.echo(f"xunge serves http://{made.host}:{made.port}/")
    server.Server(made, create_app, works=made.sqlite).run()


@xunge.command()
def demo() -> None:
    """Serve with demonstration data, made at the first start; a start on a later day adds that day's tasks."""
    made = prepared(demo=True)
    server.refuse_taken_port(made)
    app = create_app(made)
    migrations.upgrade(app.database)
    seed(app, click.echo)
    app.database.close()
    introduce(made)
    logs.configure()
    server.Server(made, create_app, works=True).run()


def introduce(made: settings.Settings) -> None:
    """Say where to go, and one account of each role."""
    one_of_each = {account["role"]: account for account in reversed(accounts.read(made.data))}
    click.echo(f"\nOpen http://{made.host}:{made.port}/  (Ctrl-C stops; the data stays in {made.data})\n")
    click.echo(f"  {'role':14} {'phone':12} {'password':13} name")
    for role in WORKING:
        account = one_of_each[role]
        click.echo(f"  {role:14} {account['phone']:12} {account['password']:13} {account['name']}")
    click.echo(f"\nAll accounts: {made.data / accounts.ACCOUNTS}\n")


@xunge.command()
def worker() -> None:
    """Do the background work (PostgreSQL; any number of workers)."""
    logs.configure()
    server.work(opened(), threading.Event())


@xunge.group()
def db() -> None:
    """The database: upgrade, back up, restore."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema up to this version of the program."""
    app = create_app(prepared())
    migrations.upgrade(app.database)
    click.echo(f"the database is at revision {migrations.current(app.database)}")


@db.command("revision")
@click.argument("message")
def db_revision(message: str) -> None:
    """For developers: write a migration for what changed in the models."""
    command.revision(migrations.config(opened().database), message=message, autogenerate=True)


def show(what: str, done: int, total: int) -> None:
    end = "\n" if done == total else "\r"
    click.echo(f"{what}: {done}/{total}" if total else what, nl=False)
    click.echo(end, nl=False)


@db.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True))
def db_backup(file: Path) -> None:
    """Write one file with the database and every picture, while the server serves."""
    backup.backup(prepared(), file.resolve(), show)
    click.echo(f"backup written: {file}")


@db.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def db_restore(file: Path) -> None:
    """Put a backup into an empty data folder. Phones then push again what the backup does not know."""
    made = prepared()
    backup.restore(made, file, show)
    app = create_app(made)
    migrations.upgrade(app.database)
    with app.app_context(), app.database.transaction() as session:
        generation = app.new_generation(session)
    click.echo(f"restored; phones will push again what they kept (generation {generation})")


@xunge.group("policy")
def policy_group() -> None:
    """Policy files."""


@policy_group.command("check")
@click.argument("name", default="changji")
@click.option("--folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default=policy.FILES)
def policy_check(name: str, folder: Path) -> None:
    """Is a policy file complete and consistent?"""
    book = policy.load(name, ZoneInfo(settings.DEFAULT_ZONE), folder)
    for version in book.versions:
        click.echo(f"{version.label}, in force from {version.effective_from}: good")


@xunge.group("people")
def people_group() -> None:
    """Accounts."""


@people_group.command("add")
@click.option("--name", required=True)
@click.option("--phone", required=True)
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--grid", required=True, help="the grid's code")
@click.option("--full-time", is_flag=True)
@click.password_option()
def people_add(name: str, phone: str, role: str, grid: str, full_time: bool, password: str) -> None:
    """Add a person with a first post."""
    app = opened()
    with app.app_context(), app.database.transaction() as session:
        person = people.add_person(session, name, phone)
        people.set_password(session, person, password, app.settings.password_rounds)
        people.appoint(session, person, role, grids.place_of(session, grid), full_time=full_time)
    click.echo(f"added {name}: {role} of {grid}")


@people_group.command("password")
@click.option("--phone", required=True)
@click.password_option()
def people_password(phone: str, password: str) -> None:
    """Set a person's password."""
    app = opened()
    with app.app_context(), app.database.transaction() as session:
        person = session.query(Person).filter_by(phone=phone).one_or_none()
        if person is None:
            raise click.ClickException(f"nobody has the phone number {phone}")
        people.set_password(session, person, password, app.settings.password_rounds)
    click.echo("password set")


if __name__ == "__main__":
    main()
