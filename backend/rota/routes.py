"""The rota of a county, kept by its own dispatchers and administrators."""

import uuid
from typing import Any

from flask.views import MethodView

from backend.auth import guard
from backend.core.api import Blueprint
from backend.core.edge import session
from backend.core.errors import Invalid
from backend.rota import service
from backend.rota.records import gap_records, on_duty_record, turn_record
from backend.rota.schemas import NewTurn, RotaQuery, RotaSchema, TurnChange, TurnSchema
from backend.rota.service import Plan

blueprint = Blueprint("rota", __name__, url_prefix="/api/v1", description="Who is on duty in a county when")


@blueprint.route("/rota")
class Rota(MethodView):
    @blueprint.arguments(RotaQuery, location="query")
    @blueprint.response(200, RotaSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """Who is on duty, whose turn is when, and where nobody's is."""
        place = service.county(session(), query["county"])
        guard.actor().require("rota.read", place.path)
        since, until, as_of = query["since"], query["until"], query["as_of"]
        turns = service.turns(session(), place.path, since, until, as_of)
        return {
            "county": place.code,
            "as_of": as_of.isoformat(),
            "on_duty": on_duty_record(session(), service.duty_post(session(), place.path, as_of)),
            "turns": [turn_record(turn) for turn in turns],
            "gaps": gap_records(turns, since, until),
        }

    @blueprint.arguments(NewTurn)
    @blueprint.response(201, TurnSchema)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Put a turn on the rota."""
        place, me = service.county(session(), given.pop("county")), guard.actor()
        me.require("rota.keep", place.path)
        return turn_record(service.enter(session(), place, _plan(given), me.person_id))


@blueprint.route("/rota/<uuid:turn_id>")
class OneTurn(MethodView):
    @blueprint.arguments(TurnChange)
    @blueprint.response(200, TurnSchema)
    def patch(self, given: dict[str, Any], turn_id: uuid.UUID) -> dict[str, Any]:
        """Another turn in the place of this one; the answer has an id of its own."""
        me = guard.actor()
        turn = service.kept(session(), me, turn_id)
        now = {name: getattr(turn, name) for name in ("person_id", "begins_at", "ends_at", "note")}
        return turn_record(service.change(session(), turn, _plan(now | given), me.person_id))

    @blueprint.response(204)
    def delete(self, turn_id: uuid.UUID) -> None:
        """Take the turn off the rota from now on."""
        me = guard.actor()
        service.remove(session(), service.kept(session(), me, turn_id), me.person_id)


def _plan(given: dict[str, Any]) -> Plan:
    plan = Plan(**given)
    if plan.ends_at <= plan.begins_at:
        raise Invalid(errors=[{"path": "ends_at", "message": "Must be later than begins_at."}])
    return plan
