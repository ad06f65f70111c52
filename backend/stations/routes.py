"""Stations: where they stand, what they are, and whether every township has one (CJ-4)."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask.views import MethodView

from backend.auth import guard
from backend.auth.territory import own_code
from backend.core import clock
from backend.core.api import Blueprint
from backend.core.edge import session
from backend.core.errors import NotFound
from backend.core.etags import etag, require_version
from backend.core.paging import newest_first
from backend.grids.models import Grid
from backend.grids.service import place_of
from backend.policy.service import book
from backend.stations import contacts, coverage, places, quarantine, schemas, service
from backend.stations.models import Station
from backend.stations.records import records
from geo.crs import to_wgs84

blueprint = Blueprint("stations", __name__, url_prefix="/api/v1", description="Air stations")

Answer = tuple[dict[str, Any], int, dict[str, str]]
COUNTED = timedelta(days=30)
"""How far back a station's figures of what was set aside go."""


@blueprint.route("/stations")
class Stations(MethodView):
    @blueprint.arguments(schemas.StationQuery, location="query")
    @blueprint.response(200, schemas.StationPage)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """The stations of my part of the tree, the newest first."""
        visible = guard.actor().visible("stations.read", Station.grid_path)
        wanted = service.stations(visible, query["kind"], query["grid"], query["in_service"])
        rows, following = newest_first(session(), wanted, Station.id, query)
        return {"items": _with_contacts([station for (station,) in rows]), "next": following}

    @blueprint.arguments(schemas.NewStation)
    @blueprint.response(201, schemas.OneStation)
    def post(self, given: dict[str, Any]) -> Answer:
        """Put up a station; its grid follows from its place."""
        place, actor = _placed(given.pop("place")), guard.actor()
        path = service.grid_path_at(session(), place)
        actor.require("stations.maintain", path)
        station = service.add_station(session(), **given, grid_path=path, place=place, by=actor.person_id)
        return _answer(station, 201)


@blueprint.route("/stations/<uuid:station_id>")
class OneStation(MethodView):
    @blueprint.arguments(schemas.AsOfQuery, location="query")
    @blueprint.response(200, schemas.OneStation)
    def get(self, query: dict[str, Any], station_id: uuid.UUID) -> Answer:
        """One station; `as_of` a past day, where it stood then and in the grid that this place belonged to."""
        station, at = found(station_id, "stations.read"), query["as_of"]
        if at is None:
            return _answer(station)
        lon, lat = places.of(session(), station, at)
        path = service.grid_path_at(session(), (lon, lat), at)
        answer, status, headers = _answer(station)
        return answer | {"place": {"lon": lon, "lat": lat}, "path": path, "grid": own_code(path)}, status, headers

    @blueprint.arguments(schemas.StationChange)
    @blueprint.response(200, schemas.OneStation)
    def patch(self, given: dict[str, Any], station_id: uuid.UUID) -> Answer:
        """Change some fields of the version named in If-Match; whoever moves it must answer for both places."""
        station, actor = found(station_id, "stations.maintain", held=True), guard.actor()
        require_version(station.version)
        if "place" in given:
            place = _placed(given["place"])
            path = service.grid_path_at(session(), place)
            actor.require("stations.maintain", path)
            service.move_station(session(), station, place, path)
        return _answer(service.change_station(session(), station, given, actor.person_id))


@blueprint.route("/stations/coverage")
@blueprint.arguments(schemas.CoverageQuery, location="query")
@blueprint.response(200, schemas.CoverageSchema)
def station_coverage(query: dict[str, Any]) -> dict[str, Any]:
    """How many townships of my part of the tree have a station, and which have none."""
    visible = guard.actor().visible("stations.read", Grid.grid_path)
    under = place_of(session(), query["grid"]).path if query["grid"] else None
    policy = book().as_of(clock.now()).readings
    return coverage.figure(coverage.townships(session(), visible, policy, under))


def found(station_id: uuid.UUID, action: str, *, held: bool = False) -> Station:
    """The station, if whoever asks may do this to it; `held`, nobody else changes it meanwhile, though its readings go
    on coming in. Raises NotFound, Forbidden."""
    station = session().get(Station, station_id, with_for_update={"key_share": True} if held else None)
    if station is None:
        raise NotFound(station_id=str(station_id))
    guard.actor().require(action, station.grid_path)
    return station


def _placed(place: dict[str, Any]) -> tuple[float, float]:
    return to_wgs84(place["lon"], place["lat"], place["datum"])


def _with_contacts(stations: Sequence[Station]) -> list[dict[str, Any]]:
    heard = contacts.of(session(), [station.id for station in stations])
    return [
        record | contacts.record(heard.get(station.id))
        for station, record in zip(stations, records(session(), stations), strict=True)
    ]


def _answer(station: Station, status: int = 200) -> Answer:
    since = (clock.now() - COUNTED).date()
    aside = {"quarantined": quarantine.counts_of(session(), station.code, since)}
    return _with_contacts([station])[0] | aside, status, etag(station.version)
