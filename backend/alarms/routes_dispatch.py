"""Whom to send, over HTTP."""

import uuid
from typing import Any

from backend.alarms import dispatch, service
from backend.alarms.candidates import candidates, record
from backend.alarms.routes import Answer, click, record_of
from backend.alarms.schemas import AlarmSchema
from backend.alarms.schemas_dispatch import AlarmHandOver, AlarmInstruct, CandidateList
from backend.alarms.showing import note_shown
from backend.auth import guard
from backend.core.api import Blueprint
from backend.core.edge import session

blueprint = Blueprint("alarm_dispatch", __name__, url_prefix="/api/v1", description="Sending supervisors to alarms")


@blueprint.route("/alarms/<uuid:alarm_id>/candidates")
@blueprint.response(200, CandidateList)
def whom(alarm_id: uuid.UUID) -> dict[str, Any]:
    """Whom my county could send, the best first, each with the reason."""
    alarm = service.alarm(session(), guard.actor(), alarm_id)
    guard.actor().require("alarms.instruct", alarm.grid_path)
    answer = {"items": [record(one) for one in candidates(session(), alarm)]}
    note_shown([alarm.id])
    return answer


@blueprint.route("/alarms/<uuid:alarm_id>/instruct", methods=["POST"])
@blueprint.arguments(AlarmInstruct)
@blueprint.response(200, AlarmSchema)
def instruct(given: dict[str, Any], alarm_id: uuid.UUID) -> Answer:
    """Send a supervisor of my county to lead, or a second one; who stood there is relieved."""
    act = click(alarm_id)
    return record_of(dispatch.instruct(session(), alarm_id, act, given["person_id"], given["note"], given["place"]))


@blueprint.route("/alarms/<uuid:alarm_id>/hand_over", methods=["POST"])
@blueprint.arguments(AlarmHandOver)
@blueprint.response(200, AlarmSchema)
def hand_over(given: dict[str, Any], alarm_id: uuid.UUID) -> Answer:
    """I was sent, and name another in my place; the clocks run on."""
    return record_of(dispatch.hand_over(session(), alarm_id, click(alarm_id), given["person_id"], given["note"]))
