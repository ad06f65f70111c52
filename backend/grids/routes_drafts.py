"""Drafts of boundaries: sent, looked at, published, withdrawn."""

import uuid
from typing import Any

import orjson
from flask import Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from backend.auth import guard
from backend.auth.actor import Actor
from backend.core.api import Blueprint
from backend.core.edge import application, session
from backend.core.errors import NotFound
from backend.grids import drafts
from backend.grids import schemas_drafts as schemas
from backend.grids.models import Draft, Grid, Revision
from backend.grids.reading import limits_of

READ, MAINTAIN = "boundaries.read", "boundaries.maintain"
FILE = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}

blueprint = Blueprint("revisions", __name__, url_prefix="/api/v1/grids", description="Changes of boundaries")
drafts_in = Blueprint("revisions_in", __name__, url_prefix="/api/v1/grids", description="Files of boundaries")


@drafts_in.before_request
def admit() -> None:
    """The edge would read the body first; here nobody's 64 MiB are read before it is known who sends them."""
    guard.actor()


@drafts_in.route("/revisions", methods=["POST"])
@drafts_in.arguments(schemas.DraftQuery, location="query")
@drafts_in.doc(requestBody={"required": True, **FILE})
@drafts_in.response(201, schemas.BoundaryDraft)
def send(query: dict[str, Any]) -> dict[str, Any]:
    """Send boundaries as GeoPackage, zipped Shapefile, GeoJSON, FlatGeobuf or KML: a draft with its report.

    The file is kept whatever is wrong with it.
    """
    actor, database = guard.actor(), application().database
    _require(actor, MAINTAIN, query["county"])
    limits = limits_of(application().settings)
    request.max_content_length = limits.file_bytes
    content = request.get_data()
    with database.transaction() as writing:
        draft_id = drafts.receive(writing, content, query, actor.person_id).id
    drafts.check(database, draft_id, limits)
    return _shown(draft_id)


def _require(actor: Actor, action: str, county: str | None) -> None:
    """Who draws one county needs a post there or above; who draws all, one in the prefecture. Leaves no transaction."""
    with application().database.transaction(write=False) as reading:
        actor.require(action, _path(reading, county))


def _path(reading: Session, county: str | None) -> str:
    wanted = select(Grid.grid_path).where(Grid.code == county, Grid.tier == 2) if county else _TOP
    path: str | None = reading.scalar(wanted)
    if county and path is None:
        raise NotFound(county=county)
    return path or ""


_TOP = select(Grid.grid_path).where(Grid.tier == 1)


def _shown(draft_id: uuid.UUID) -> dict[str, Any]:
    with application().database.transaction(write=False) as reading:
        return _record(reading, drafts.get(reading, draft_id))


def _record(reading: Session, draft: Draft) -> dict[str, Any]:
    revision = reading.get(Revision, draft.revision) if draft.revision else None
    names = [name for name in schemas.BoundaryDraft().fields if name not in ("sha256", "successions", "effective_from")]
    return {name: getattr(draft, name) for name in names} | {
        "digest": draft.digest,
        "successions": [{"before": before, "after": after} for before, after in draft.said],
        "effective_from": revision.effective_from if revision else None,
    }


def _found(draft_id: uuid.UUID, *options: Any) -> Draft:
    draft = drafts.get(session(), draft_id, *options)
    guard.actor().require(READ, _path(session(), draft.county))
    return draft


@blueprint.route("/revisions")
@blueprint.arguments(schemas.DraftsQuery, location="query")
@blueprint.response(200, schemas.DraftPage)
def listed(query: dict[str, Any]) -> dict[str, Any]:
    """Drafts and what became of them, the newest first: those of one's own part of the tree."""
    actor = guard.actor()
    if not any(actor.may(READ, holding.grid_path) for holding in actor.holdings):
        actor.require(READ, _path(session(), None))
    wanted = select(Draft).order_by(Draft.id.desc())
    if query["state"]:
        wanted = wanted.where(Draft.state == query["state"])
    if query["cursor"]:
        wanted = wanted.where(Draft.id < _cursor(query["cursor"]))
    rows = [draft for draft in session().scalars(wanted) if _mine(actor, draft, query["county"])]
    shown, more = rows[: query["limit"]], len(rows) > query["limit"]
    return {"items": [_record(session(), draft) for draft in shown], "next": str(shown[-1].id) if more else None}


def _cursor(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound(cursor=text) from error


def _mine(actor: Actor, draft: Draft, county: str | None) -> bool:
    touched = county is None or county in (draft.counties or [draft.county])
    return touched and actor.may(READ, _path(session(), draft.county))


@blueprint.route("/revisions/<uuid:draft_id>")
@blueprint.response(200, schemas.BoundaryDraft)
def one(draft_id: uuid.UUID) -> dict[str, Any]:
    """One draft."""
    return _record(session(), _found(draft_id))


@blueprint.route("/revisions/<uuid:draft_id>/findings")
@blueprint.response(200, schemas.BoundaryFindingPage)
def findings(draft_id: uuid.UUID) -> dict[str, Any]:
    """Everything that its check found, each with its place."""
    return {"items": _found(draft_id, undefer(Draft.report)).report, "next": None}


@blueprint.route("/revisions/<uuid:draft_id>/findings.geojson")
@blueprint.response(200, {"type": "object"}, content_type="application/geo+json")
def findings_on_a_map(draft_id: uuid.UUID) -> Response:
    """The findings that have a place, to lay over the drawing."""
    features = [
        {"type": "Feature", "geometry": each["geometry"], "properties": _flat(each)}
        for each in _found(draft_id, undefer(Draft.report)).report
        if each["geometry"]
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return Response(body, mimetype="application/geo+json")


def _flat(found: dict[str, Any]) -> dict[str, Any]:
    codes = ", ".join(found["codes"])
    return {"kind": found["kind"], "severity": found["severity"], "codes": codes, **found["sentence"]}


@blueprint.route("/revisions/<uuid:draft_id>/file")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
def file(draft_id: uuid.UUID) -> Response:
    """The file, byte for byte as it came."""
    return Response(_found(draft_id, undefer(Draft.content)).content, mimetype="application/octet-stream")


@blueprint.route("/revisions/<uuid:draft_id>/preview")
@blueprint.response(200, {"type": "string"}, content_type="image/svg+xml")
def preview(draft_id: uuid.UUID) -> Response:
    """The draft on a map: lines of now, lines to come, findings."""
    drawn = _found(draft_id, undefer(Draft.preview)).preview
    if drawn is None:
        raise NotFound(draft=str(draft_id))
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return Response(drawn, mimetype="image/svg+xml", headers=headers)


def _maintained(draft_id: uuid.UUID) -> uuid.UUID:
    """Look with a transaction of its own: what follows takes seconds, and needs none. Returns who is asking."""
    actor: Actor = guard.actor()
    with application().database.transaction(write=False) as reading:
        actor.require(MAINTAIN, _path(reading, drafts.get(reading, draft_id).county))
    return actor.person_id


@blueprint.route("/revisions/<uuid:draft_id>/check", methods=["POST"])
@blueprint.response(200, schemas.BoundaryDraft)
def check(draft_id: uuid.UUID) -> dict[str, Any]:
    """Check a draft again, upon what is published by now."""
    _maintained(draft_id)
    drafts.check(application().database, draft_id, limits_of(application().settings))
    return _shown(draft_id)


@blueprint.route("/revisions/<uuid:draft_id>/successions", methods=["PUT"])
@blueprint.arguments(schemas.SuccessionsSaid)
@blueprint.response(200, schemas.BoundaryDraft)
def say(body: dict[str, Any], draft_id: uuid.UUID) -> dict[str, Any]:
    """Say which grids take the place of which, or confirm what was proposed; the draft is checked again."""
    by, database = _maintained(draft_id), application().database
    with database.transaction() as writing:
        drafts.say(writing, draft_id, [(one["before"], one["after"]) for one in body["successions"]], by)
    drafts.check(database, draft_id, limits_of(application().settings))
    return _shown(draft_id)


@blueprint.route("/revisions/<uuid:draft_id>/publish", methods=["POST"])
@blueprint.arguments(schemas.DraftPublishing)
@blueprint.response(200, schemas.BoundaryDraft)
def publish(body: dict[str, Any], draft_id: uuid.UUID) -> dict[str, Any]:
    """Publish a draft, from now on or from an hour to come."""
    by = _maintained(draft_id)
    prepared = drafts.prepare(application().database, draft_id, limits_of(application().settings))
    return _record(session(), drafts.publish(session(), draft_id, prepared, body["effective_from"], by))


@blueprint.route("/revisions/<uuid:draft_id>/withdraw", methods=["POST"])
@blueprint.response(200, schemas.BoundaryDraft)
def withdraw(draft_id: uuid.UUID) -> dict[str, Any]:
    """Put a draft away, or take back before its hour what it published."""
    by = _maintained(draft_id)
    return _record(session(), drafts.withdraw(session(), draft_id, by))
