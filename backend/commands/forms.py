"""What a visit asks."""

import uuid
from pathlib import Path

import click
import marshmallow as ma
import orjson

from backend.commands.starting import opened
from backend.core.api import faults_of
from backend.core.errors import BadJson, Invalid
from backend.patrols import forms as register
from backend.patrols.schemas import FormFile


@click.group()
def forms() -> None:
    """What a visit asks."""


@forms.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--form", type=click.UUID, help="id of the form that this is the next edition of")
def publish(file: Path, form: uuid.UUID | None) -> None:
    """Publish a form from a JSON file: {"title", "fields", "source_kinds"?}; earlier editions stay valid."""
    try:
        said = FormFile().load(orjson.loads(file.read_bytes()))
    except orjson.JSONDecodeError as fault:
        raise BadJson(f"{file}: {fault}") from fault
    except ma.ValidationError as error:
        said_wrong = "; ".join(f"{fault['path']}: {fault['message']}" for fault in faults_of(error.messages))
        raise Invalid(f"{file}: {said_wrong}") from error
    app = opened(signs=False)
    with app.app_context(), app.database.transaction() as session:
        published = register.publish(session, said["title"], said["fields"], said["source_kinds"], form)
        click.echo(f"published {published.id}, edition {published.edition}")
