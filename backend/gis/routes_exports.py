"""Exports that background work writes: how far they are, their files, putting them away. Each is its owner's alone."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from flask import Response, stream_with_context

from backend.auth import guard
from backend.core.api import Blueprint
from backend.core.edge import application, json_answer, session
from backend.evidence import shelf
from backend.gis import exporting
from backend.gis.files import FORMS
from backend.gis.models import Export
from backend.gis.schemas import ADDRESS, ExportSchema

AGAIN_S = "2"
"""When to look again."""

blueprint = Blueprint("long_exports", __name__, url_prefix=ADDRESS, description="GIS files that take long")


@blueprint.route("/<uuid:export_id>")
@blueprint.response(200, ExportSchema)
def one(export_id: uuid.UUID) -> Any:
    """How far an export of mine is."""
    export = exporting.own(session(), guard.actor(), export_id)
    headers = {"Retry-After": AGAIN_S} if export.state in exporting.UNFINISHED else {}
    return export, 200, headers


@blueprint.route("/<uuid:export_id>/file")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
def file(export_id: uuid.UUID) -> Response:
    """Its file, once it is ready and until it expires."""
    with application().database.transaction(write=False) as reading:
        export = exporting.own(reading, guard.actor(), export_id)
    exporting.refuse_without_file(export, guard.actor())
    answer = download(shelf.store().stream_object(exporting.key(export)), export.layer, export.form, export.as_of)
    answer.headers["Content-Length"] = str(export.size)
    return answer


@blueprint.route("/<uuid:export_id>", methods=["DELETE"])
@blueprint.response(204)
def put_away(export_id: uuid.UUID) -> None:
    """Cancel it, or put its file away."""
    exporting.cancel(exporting.own(session(), guard.actor(), export_id, lock=True))


def accepted(export: Export) -> Response:
    """202, and where to look."""
    body = orjson.dumps(ExportSchema().dump(export))
    return json_answer(body, 202, **{"Location": f"{ADDRESS}/{export.id}", "Retry-After": AGAIN_S})


def download(body: Iterator[bytes], layer: str, form: str, as_of: datetime) -> Response:
    """A file, called after its layer and day."""
    name = f"{layer}-{as_of.astimezone(application().settings.zone):%Y-%m-%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(stream_with_context(body), mimetype=FORMS[form].media, headers=headers)
