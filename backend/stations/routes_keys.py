"""Keys of data sources: issued once in clear, listed without their secret, revoked for good."""

import uuid
from typing import Any

from flask.views import MethodView
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from backend.auth import guard
from backend.core.api import Blueprint, PageQuery
from backend.core.edge import session
from backend.core.errors import NotFound
from backend.core.paging import newest_first
from backend.stations import schemas, service
from backend.stations.models import Station, StationKey
from backend.stations.records import key_record

blueprint = Blueprint("station_keys", __name__, url_prefix="/api/v1", description="Keys of stations")
ACTION = "stations.issue_keys"


@blueprint.route("/station-keys")
class Keys(MethodView):
    @blueprint.arguments(PageQuery, location="query")
    @blueprint.response(200, schemas.KeyPage)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """The keys that speak only for stations of my part of the tree, the newest first."""
        foreign = StationKey.stations.any(~guard.actor().visible(ACTION, Station.grid_path))
        wanted = select(StationKey).where(~foreign).options(selectinload(StationKey.stations))
        rows, following = newest_first(session(), wanted, StationKey.id, query)
        return {"items": [key_record(key) for (key,) in rows], "next": following}

    @blueprint.arguments(schemas.NewKey)
    @blueprint.response(201, schemas.IssuedKey)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Issue a key for some stations. Its secret is in this answer and nowhere else."""
        stations = service.stations_coded(session(), given["stations"])
        for station in stations:
            guard.actor().require(ACTION, station.grid_path)
        secret = service.issue_key(session(), given["name"], stations, guard.actor().person_id)
        return key_record(service.key_of(session(), secret)) | {"key": secret}


@blueprint.route("/station-keys/<uuid:key_id>/revoke", methods=["POST"])
@blueprint.response(200, schemas.KeySchema)
def revoke(key_id: uuid.UUID) -> dict[str, Any]:
    """From now on the key opens nothing. Whoever answers for one of its stations may revoke it; twice does no harm."""
    key = session().get(StationKey, key_id, with_for_update=True)
    if key is None:
        raise NotFound(key_id=str(key_id))
    actor = guard.actor()
    if not any(actor.may(ACTION, station.grid_path) for station in key.stations):
        actor.require(ACTION, key.stations[0].grid_path)
    service.revoke_key(session(), key, actor.person_id)
    return key_record(key)
