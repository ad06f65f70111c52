"""Recusals over HTTP: who is kept off which source's matters."""

import uuid
from typing import Any

from flask.views import MethodView
from sqlalchemy import or_, select

from backend.auth import guard
from backend.auth.models import Recusal
from backend.core import clock
from backend.core.api import Blueprint
from backend.core.edge import session
from backend.core.errors import NotFound
from backend.core.instants import iso
from backend.core.paging import newest_first
from backend.sources import recusals
from backend.sources.models import Source
from backend.sources.schemas_recusals import LiftSchema, NewRecusal, RecusalPage, RecusalQuery, RecusalSchema

blueprint = Blueprint("recusals", __name__, url_prefix="/api/v1", description="Who is kept off a source's matters")


@blueprint.route("/recusals")
class Recusals(MethodView):
    @blueprint.arguments(RecusalQuery, location="query")
    @blueprint.response(200, RecusalPage)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """The recusals from sources of my part of the tree, and my own; the newest first."""
        me = guard.actor()
        visible = me.visible("recusals.read", Source.grid_path)
        wanted = select(Recusal).join(Source, Source.id == Recusal.source_id)
        wanted = wanted.where(or_(visible, Recusal.person_id == me.person_id))
        for name in ("person_id", "source_id"):
            if query[name] is not None:
                wanted = wanted.where(getattr(Recusal, name) == query[name])
        if not query["history"]:
            wanted = wanted.where(or_(Recusal.valid_to.is_(None), Recusal.valid_to > clock.now()))
        rows, following = newest_first(session(), wanted, Recusal.id, query)
        return {"items": [_record(recusal) for (recusal,) in rows], "next": following}

    @blueprint.arguments(NewRecusal)
    @blueprint.response(201, RecusalSchema)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Declare an interest of my own, or keep somebody of my part of the tree off a source's matters."""
        me, source = guard.actor(), session().get(Source, given["source_id"])
        if source is None:
            raise NotFound(source_id=str(given["source_id"]))
        person_id = given["person_id"] or me.person_id
        made = recusals.declare(session(), me, person_id, source, given["reason"], given["since"], given["until"])
        return _record(made)


@blueprint.route("/recusals/<uuid:recusal_id>/lift", methods=["POST"])
@blueprint.arguments(LiftSchema)
@blueprint.response(200, RecusalSchema)
def lift(given: dict[str, Any], recusal_id: uuid.UUID) -> dict[str, Any]:
    """End a recusal of somebody else, now."""
    recusal = session().get(Recusal, recusal_id, with_for_update=True)
    if recusal is None:
        raise NotFound(id=str(recusal_id))
    recusals.lift(session(), guard.actor(), recusal, given["reason"])
    return _record(recusal)


def _record(recusal: Recusal) -> dict[str, Any]:
    return {
        "id": str(recusal.id),
        "person_id": str(recusal.person_id),
        "source_id": str(recusal.source_id),
        "reason": recusal.reason,
        "from": recusal.valid_from.isoformat(),
        "to": iso(recusal.valid_to),
        "recorded_at": recusal.recorded_at.isoformat(),
        "recorded_by": str(recusal.recorded_by) if recusal.recorded_by else None,
        "lifted_by": str(recusal.lifted_by) if recusal.lifted_by else None,
        "lifted_because": recusal.lifted_because,
    }
