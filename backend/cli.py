"""The command line. Every command says what is wrong in one line and exits 2; tracebacks are for developers."""

import signal
import sys
import threading

import click
from sqlalchemy.exc import DBAPIError, OperationalError

from backend import server
from backend.app import create_app
from backend.auth.roles import WORKING
from backend.commands.alarms import alarms
from backend.commands.db import db
from backend.commands.forms import forms
from backend.commands.gateway import gateway, hj212
from backend.commands.gis import gis
from backend.commands.grids import grids
from backend.commands.maintenance import maintenance
from backend.commands.notices import notices
from backend.commands.people import people
from backend.commands.people_work import hand_over, list_open_work
from backend.commands.policy import policy
from backend.commands.readings import readings
from backend.commands.recusals import recuse
from backend.commands.revisions import revisions
from backend.commands.rota import rota
from backend.commands.simulate import simulate
from backend.commands.starting import NotUpToDate, opened, prepared
from backend.commands.stations import stations
from backend.core import backup, logs, migrations, settings
from backend.core.errors import Problem
from backend.core.geometry import PostgisMissing
from backend.demo import accounts
from backend.demo.geography import MissingOutlinesError
from backend.demo.seed import seed
from backend.exchange import sync_of
from backend.notices.texts import TextsError
from backend.policy.service import PolicyError
from backend.simulate.plan import CannotSimulate
from geo.errors import GeoError
from media.errors import MediaError

REFUSALS = (
    settings.SettingsError,
    PolicyError,
    TextsError,
    migrations.SchemaNewer,
    NotUpToDate,
    backup.BackupError,
    server.PortTaken,
    MissingOutlinesError,
    CannotSimulate,
    PostgisMissing,
    GeoError,
    MediaError,
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
    except OSError as error:
        fail(f"cannot use {error.filename}: {error.strerror}; set XUNGE_DATA to a folder that you may write")
    except OperationalError as error:
        fail(f"the database cannot be reached: {str(error.orig).strip().splitlines()[0]}")
    except DBAPIError as error:  # damaged, or its user may not do this
        fail(f"the database cannot be used: {str(error.orig).strip().splitlines()[0]}")


def fail(*lines: str) -> None:
    for line in lines:
        click.echo(f"xunge: {line}", err=True)
    sys.exit(2)


@click.group()
@click.version_option(package_name="xunge")
def xunge() -> None:
    """Xunge 巡格: grid supervision of the environment."""


@xunge.command()
def serve() -> None:
    """Serve the API (HOST, PORT). On SQLite this also does the background work."""
    made = prepared()
    server.refuse_taken_port(made)
    app = opened()
    sync_of(app).prepare()
    app.database.close()
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
    sync_of(app).prepare()
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
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())  # what is under way is finished first
    server.work(opened(), stop)


COMMANDS = (
    alarms,
    db,
    forms,
    gateway,
    gis,
    grids,
    maintenance,
    notices,
    people,
    policy,
    readings,
    rota,
    simulate,
    stations,
)
stations.add_command(hj212)
grids.add_command(revisions)
for command in (recuse, list_open_work, hand_over):
    people.add_command(command)
for command in COMMANDS:
    xunge.add_command(command)


if __name__ == "__main__":
    main()
