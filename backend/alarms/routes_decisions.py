"""What people decide about an alarm's clocks, over HTTP."""

import uuid
from typing import Any

from backend.alarms import decisions
from backend.alarms.routes import Answer, click, record_of
from backend.alarms.schemas import AlarmAdjudicate, AlarmAskExcuse, AlarmExcuse, AlarmReason, AlarmSchema
from backend.core.api import Blueprint
from backend.core.edge import session

blueprint = Blueprint("alarm_decisions", __name__, url_prefix="/api/v1", description="What people decide")


@blueprint.route("/alarms/<uuid:alarm_id>/adjudicate", methods=["POST"])
@blueprint.arguments(AlarmAdjudicate)
@blueprint.response(200, AlarmSchema)
def adjudicate(given: dict[str, Any], alarm_id: uuid.UUID) -> Answer:
    """Decide one clock, on record."""
    act = click(alarm_id)
    decided = decisions.adjudicate(session(), alarm_id, act, given["clock"], given["verdict"], given["reason"])
    return record_of(decided)


@blueprint.route("/alarms/<uuid:alarm_id>/ask_excuse", methods=["POST"])
@blueprint.arguments(AlarmAskExcuse)
@blueprint.response(200, AlarmSchema)
def ask_excuse(given: dict[str, Any], alarm_id: uuid.UUID) -> Answer:
    """Ask the prefecture to excuse the clocks."""
    act = click(alarm_id)
    return record_of(decisions.ask_excuse(session(), alarm_id, act, given["ground"], given["reason"]))


@blueprint.route("/alarms/<uuid:alarm_id>/excuse", methods=["POST"])
@blueprint.arguments(AlarmExcuse)
@blueprint.response(200, AlarmSchema)
def excuse(given: dict[str, Any], alarm_id: uuid.UUID) -> Answer:
    """Excuse what was not met, on record."""
    act = click(alarm_id)
    return record_of(decisions.excuse(session(), alarm_id, act, given["ground"], given["reason"]))


@blueprint.route("/alarms/<uuid:alarm_id>/refuse_excuse", methods=["POST"])
@blueprint.arguments(AlarmReason)
@blueprint.response(200, AlarmSchema)
def refuse_excuse(given: dict[str, Any], alarm_id: uuid.UUID) -> Answer:
    """Answer no to a county that asked."""
    return record_of(decisions.refuse_excuse(session(), alarm_id, click(alarm_id), given["reason"]))


@blueprint.route("/alarms/<uuid:alarm_id>/withdraw", methods=["POST"])
@blueprint.arguments(AlarmReason)
@blueprint.response(200, AlarmSchema)
def withdraw(given: dict[str, Any], alarm_id: uuid.UUID) -> Answer:
    """It was no alarm."""
    return record_of(decisions.withdraw(session(), alarm_id, click(alarm_id), given["reason"]))


@blueprint.route("/alarms/<uuid:alarm_id>/reopen", methods=["POST"])
@blueprint.arguments(AlarmReason)
@blueprint.response(201, AlarmSchema)
def reopen(given: dict[str, Any], alarm_id: uuid.UUID) -> Answer:
    """It is not over: a new alarm that goes on with this one."""
    return record_of(decisions.reopen(session(), alarm_id, click(alarm_id), given["reason"]), 201)
