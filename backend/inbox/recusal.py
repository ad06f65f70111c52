"""Whoever is kept off a source lets no refused work about it take effect (CJ-A1-11)."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from backend.alarms import recusal as of_alarms
from backend.alarms.models import Alarm
from backend.auth import recusals
from backend.core import clock
from backend.patrols.models import Task
from backend.problems.models import Problem
from sync.inbox import Entry

ABOUT_A_SOURCE: dict[str, type[Any]] = {"problem_id": Problem, "task_id": Task}
"""Words of payloads that name a record, which says its source."""


def refuse(session: Session, entry: Entry, person_id: uuid.UUID) -> None:
    """Raise Recused if this person is kept off what an operation speaks of, as far as its body can be understood."""
    payload = entry.body.get("payload") if isinstance(entry.body, dict) else None
    said = payload if isinstance(payload, dict) else {}
    recusals.refuse(session, _id(said.get("source_id")), person_id, clock.now())
    for word, model in ABOUT_A_SOURCE.items():
        if (key := _id(said.get(word))) and (record := session.get(model, key)):
            recusals.refuse(session, record.source_id, person_id, clock.now())
    if (key := _id(said.get("alarm_id"))) and (alarm := session.get(Alarm, key)):
        of_alarms.refuse(session, alarm, person_id)


def _id(said: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(said)
    except (TypeError, ValueError, AttributeError):
        return None
