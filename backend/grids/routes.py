"""Grids, where a position lies, and staffing."""

from typing import Any

import orjson
from flask import Response
from sqlalchemy import select

from backend.auth import guard
from backend.auth import records as post_records
from backend.auth.models import Post
from backend.auth.people import in_force
from backend.core import clock
from backend.core.api import Blueprint
from backend.core.edge import application, json_answer, session
from backend.grids import bulk, locating, schemas, service, staffing
from backend.grids.errors import TooManyPoints
from backend.grids.lifetimes import life_of
from backend.grids.models import Grid
from backend.grids.records import past_records, records
from backend.policy.service import book
from geo.crs import to_wgs84

blueprint = Blueprint("grids", __name__, url_prefix="/api/v1", description="The four tiers and the key grids")


@blueprint.route("/grids")
@blueprint.arguments(schemas.GridQuery, location="query")
@blueprint.response(200, schemas.GridPage)
def grids(query: dict[str, Any]) -> dict[str, Any]:
    """Grids by code, as they are or as they were."""
    guard.actor().require("grids.read", "")
    limit, as_of = query["limit"], query["as_of"]
    found = service.list_grids(
        session(),
        tier=query["tier"],
        parent=query["parent"],
        as_of=as_of,
        after=query["cursor"],
        limit=limit + 1,
    )
    shown = found[:limit]
    return {"items": _records(shown, as_of), "next": shown[-1].code if len(found) > limit else None}


@blueprint.route("/grids/<code>")
@blueprint.arguments(schemas.AsOfQuery, location="query")
@blueprint.response(200, schemas.GridSchema)
def grid(query: dict[str, Any], code: str) -> dict[str, Any]:
    """One grid, as it is or as it was."""
    guard.actor().require("grids.read", code)
    as_of = query["as_of"]
    found = service.get_boundary(session(), code, as_of) if as_of else service.get_grid(session(), code)
    return _records([found], as_of)[0]


def _records(found: Any, as_of: Any) -> list[dict[str, Any]]:
    if as_of is None:
        return records(session(), found)
    revision = service.revision_at(session(), as_of)
    return past_records(session(), found, revision.number if revision else 0)


@blueprint.route("/grids/locate")
@blueprint.arguments(schemas.LocateQuery, location="query")
@blueprint.response(200, schemas.LocatedSchema)
def locate(query: dict[str, Any]) -> locating.Located:
    """The grids of a position, from the prefecture to the village, and its key grids."""
    guard.actor().require("grids.read", "")
    lon, lat = to_wgs84(query["lon"], query["lat"], query["datum"])
    return locating.locate(session(), lon, lat, query["as_of"], query["accuracy_m"])


@blueprint.route("/grids/locate", methods=["POST"])
@blueprint.arguments(schemas.Points)
@blueprint.response(200, schemas.PointResults)
def locate_many(body: dict[str, Any]) -> Response:
    """The grids of many positions, one result each in the same order."""
    guard.actor().require("grids.read", "")
    most, points = application().settings.locate_points, body["points"]
    if len(points) > most:
        raise TooManyPoints(limit=most)
    with application().database.transaction(write=False) as reading:  # a POST, yet nothing is written
        results = bulk.locate(reading, points, body["as_of"])
    return json_answer(orjson.dumps({"results": results}))


@blueprint.route("/grids/<code>/history")
@blueprint.response(200, schemas.GridLife)
def history(code: str) -> dict[str, Any]:
    """What a grid was from when to when, what it came from and what took its place; also of one that is no more."""
    guard.actor().require("grids.read", code)
    return life_of(session(), code)


@blueprint.route("/grids/<code>/staffing")
@blueprint.response(200, schemas.StaffingSchema)
def grid_staffing(code: str) -> dict[str, Any]:
    """Who works in a grid, and how many the policy asks for."""
    actor, found = guard.actor(), service.get_grid(session(), code)
    actor.require("posts.read", found.grid_path)
    now = clock.now()
    policy = book().as_of(now)
    [staffed] = staffing.staffing_of(session(), [found], policy, now)
    here = select(Post).where(Post.grid_code == code, in_force(now)).order_by(Post.role, Post.id)
    posts = post_records.records(session(), session().scalars(here).all())
    return {"grid": found, "policy": policy.label, "needs": staffed.needs, "posts": posts}


@blueprint.route("/staffing/gaps")
@blueprint.arguments(schemas.GapQuery, location="query")
@blueprint.response(200, schemas.GapPage)
def gaps(query: dict[str, Any]) -> dict[str, Any]:
    """Grids of my part of the tree that lack somebody."""
    actor, now = guard.actor(), clock.now()
    under = service.path_of(session(), query["under"]) if query["under"] else None
    if under is not None:
        actor.require("posts.read", under)
    policy = book().as_of(now)
    found = staffing.gaps(session(), actor.visible("posts.read", Grid.grid_path), policy, now, under)
    rest = [each for each in found if each.grid.code > (query["cursor"] or "")]
    shown, more = rest[: query["limit"]], len(rest) > query["limit"]
    return {"policy": policy.label, "items": shown, "next": shown[-1].grid.code if more else None}
