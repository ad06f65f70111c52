"""Pictures to look at: for who made them and for whom their record is in scope (api.md, Pictures)."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Response, request
from werkzeug.wsgi import FileWrapper

from backend.audit import service as audit
from backend.auth import guard
from backend.core.api import Blueprint
from backend.core.edge import application, session
from backend.core.errors import NotFound
from backend.core.paging import newest_first
from backend.evidence import service, shelf, uses
from backend.evidence.models import Photo, PhotoPromise
from backend.evidence.schemas import PhotoPage, PhotoQuery, UsesSchema

blueprint = Blueprint("photos", __name__, url_prefix="/api/v1", description="Pictures that prove something")

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
DERIVED_TYPE = "image/jpeg"
STATE_IS: dict[str, Callable[[], sa.ColumnElement[bool]]] = {
    service.AWAITED: lambda: Photo.sha256.is_(None),
    service.STORED: lambda: Photo.size == PhotoPromise.size,
    service.MISMATCHED: lambda: Photo.size != PhotoPromise.size,
}


@blueprint.route("/photos")
@blueprint.arguments(PhotoQuery, location="query")
@blueprint.response(200, PhotoPage)
def photos(query: dict[str, Any]) -> dict[str, Any]:
    """Pictures promised, arrived or not, the newest promise first."""
    me = guard.actor()
    wanted = service.promised_pictures().where(
        sa.or_(
            PhotoPromise.person_id == me.person_id,
            # what belongs to no record yet is its maker's only
            sa.and_(
                PhotoPromise.grid_path.is_not(None),
                me.visible("photos.read", PhotoPromise.grid_path, [PhotoPromise.person_id]),  # type: ignore[arg-type]
            ),
        )
    )
    for name in ("record_id", "person_id"):
        if name in query:
            wanted = wanted.where(getattr(PhotoPromise, name) == query[name])
    if "state" in query:
        wanted = wanted.where(STATE_IS[query["state"]]())
    rows, following = newest_first(session(), wanted, PhotoPromise.id, query)
    return {"items": [_listed(*row) for row in rows], "next": following}


def _listed(made: PhotoPromise, photo: Photo | None, previewed: bool) -> dict[str, Any]:
    return service.wire(made, photo, previewed) | {
        "collection": made.collection,
        "record_id": made.record_id,
        "person_id": made.person_id,
        "promised_at": made.promised_at,
        "findings": photo.findings if photo else [],
    }


@blueprint.route("/photos/<sha256>")
def original(sha256: str) -> Response:
    """The bytes as they were taken. Every look at them goes on record."""
    photo = _seen(sha256)
    me = guard.actor()
    with application().database.transaction() as writing:
        audit.record(writing, "photo.look", "photo", sha256, person_id=me.person_id, device_id=me.device_id)
    return _bytes(photo, "original", photo.media_type)


@blueprint.route("/photos/<sha256>/thumb")
def thumb(sha256: str) -> Response:
    """A JPEG that fits 320 × 320 pixels: of the original, and until it is here of the preview that the phone sent."""
    if session().get(Photo, sha256) is None and (preview := service.preview(session(), guard.actor(), sha256)):
        return _bytes(preview, "thumb", DERIVED_TYPE)
    return _derived(sha256, "thumb")


@blueprint.route("/photos/<sha256>/screen")
def screen(sha256: str) -> Response:
    """A JPEG that fits 1600 × 1600 pixels."""
    return _derived(sha256, "screen")


@blueprint.route("/photos/<sha256>/uses")
@blueprint.response(200, UsesSchema)
def used(sha256: str) -> dict[str, Any]:
    """Where this picture was used, and those that look like it: by whom and when, the first use first."""
    _seen(sha256)
    found = uses.uses(session(), guard.actor(), sha256)
    return {"items": [uses.wire(made, bits) for made, bits in found.seen], "elsewhere": found.elsewhere}


def _derived(sha256: str, kind: str) -> Response:
    photo = _seen(sha256)
    if not photo.thumb:
        raise NotFound(sha256=sha256)
    return _bytes(photo, kind, DERIVED_TYPE)


def _seen(sha256: str) -> Photo:
    """The picture, if it has arrived and is for this person's eyes; to others it does not exist."""
    photo = session().get(Photo, sha256)
    if photo is None or not service.may_see(session(), guard.actor(), sha256):
        raise NotFound(sha256=sha256)
    return photo


def _bytes(photo: Photo, kind: str, media_type: str) -> Response:
    store = shelf.store()
    # a wrapped file is closed also when nothing of it is sent
    file = FileWrapper(store.open(photo.sha256, kind, photo.life))
    answer = Response(file, mimetype=media_type, direct_passthrough=True)
    answer.headers["Content-Length"] = str(store.size(photo.sha256, kind, photo.life))
    answer.set_etag(photo.sha256 if kind == "original" else f"{photo.sha256}-{kind}")
    answer.headers["Content-Disposition"] = _disposition(photo.sha256, kind, media_type)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # the browser may keep it but asks each time: rights can end, and looks are counted
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.make_conditional(request)
    return answer


def _disposition(sha256: str, kind: str, media_type: str) -> str:
    """Pictures are shown; what is no picture by its content is only ever saved."""
    extension = EXTENSIONS.get(media_type)
    name = f"{sha256[:16]}{'' if kind == 'original' else f'-{kind}'}.{extension or 'bin'}"
    return f'{"inline" if extension else "attachment"}; filename="{name}"'
