"""Where the database's schema stands against the code's (Alembic)."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from backend.core.database import Database

FOLDER = Path(__file__).parent.parent / "migrations"


class SchemaNewer(Exception):
    """The database was made by a newer version of the program."""


def config(database: Database) -> Config:
    """Alembic's configuration for a database; the engine travels in `attributes`."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.attributes["engine"] = database.engine
    return made


def upgrade(database: Database) -> None:
    """Bring the schema up to the code's. Raises SchemaNewer when it is beyond it."""
    refuse_newer(database)
    command.upgrade(config(database), "head")


def current(database: Database) -> str | None:
    with database.engine.connect() as connection:
        return revision(connection)


def revision(connection: sa.Connection) -> str | None:
    """Where the schema stands, asked on this connection; None where there is none."""
    return MigrationContext.configure(connection).get_current_revision()


def head(database: Database) -> str | None:
    return ScriptDirectory.from_config(config(database)).get_current_head()


def refuse_newer(database: Database) -> None:
    """Raise SchemaNewer if the database is at a revision that this code does not know."""
    here = current(database)
    if here is None:
        return
    try:
        ScriptDirectory.from_config(config(database)).get_revision(here)
    except CommandError as error:
        raise SchemaNewer(
            f"the database is at revision {here}, which this version of xunge does not know: use a newer xunge"
        ) from error


def is_current(database: Database) -> bool:
    return current(database) == head(database)
