"""The database: upgrade, back up, restore."""

from pathlib import Path

import click
from alembic import command

from backend.app import create_app
from backend.commands.progress import show
from backend.commands.starting import opened, prepared
from backend.core import backup, migrations
from backend.core.edge import Application


@click.group()
def db() -> None:
    """The database: upgrade, back up, restore."""


@db.command()
def upgrade() -> None:
    """Bring the schema up to this version of the program."""
    app = create_app(prepared(signs=False))
    migrations.upgrade(app.database)
    click.echo(f"the database is at revision {migrations.current(app.database)}")


@db.command()
@click.argument("message")
def revision(message: str) -> None:
    """For developers: write a migration for what changed in the models."""
    command.revision(migrations.config(opened(signs=False).database), message=message, autogenerate=True)


@db.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True))
def back_up(file: Path) -> None:
    """Write one file with the database and every picture, while the server serves."""
    backup.backup(prepared(signs=False), file.resolve(), show)
    click.echo(f"backup written: {file}")


@db.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(file: Path) -> None:
    """Put a backup into an empty data folder and database. Phones then push again what the backup does not know."""
    made = prepared(signs=False)
    backup.restore(made, file, show)
    app = create_app(made)
    migrations.upgrade(app.database)
    begin_generation(app)


@db.command("new-generation")
def new_generation() -> None:
    """After a restore by other means than ours: phones pull anew and push again what they kept."""
    begin_generation(opened(signs=False))


def begin_generation(app: Application) -> None:
    with app.app_context(), app.database.transaction() as session:
        generation = app.new_generation(session)
    click.echo(f"phones will pull anew and push again what they kept (generation {generation})")
