"""Alarms that are not over go where boundaries leave their place, and so do their pictures."""

from sqlalchemy.orm import Session

from backend.alarms import workflow
from backend.alarms.models import Alarm
from backend.evidence.following import take_along
from backend.grids.following import Moves, at_its_place, carry


def follow(session: Session, moves: Moves) -> int:
    alarms = carry(session, moves, Alarm, Alarm.state.not_in(workflow.OVER), place=at_its_place)
    take_along(session, alarms)
    return len(alarms)
