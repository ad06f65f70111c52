"""Rotas as consoles know them."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth.models import Person
from backend.rota import rules
from backend.rota.models import Turn
from backend.rota.service import DutyPost


def turn_record(turn: Turn) -> dict[str, Any]:
    return {
        "id": str(turn.id),
        "county": turn.grid,
        "person": {"id": str(turn.person_id), "name": turn.person.name},
        **_span(turn.begins_at, turn.ends_at),
        "note": turn.note,
        "replaces": str(turn.replaces) if turn.replaces else None,
    }


def on_duty_record(session: Session, post: DutyPost) -> dict[str, Any]:
    return {"by": post.by, "people": _people(session, post.people)}


def _people(session: Session, ids: Collection[uuid.UUID]) -> list[dict[str, str]]:
    named = select(Person.id, Person.name).where(Person.id.in_(ids)).order_by(Person.name, Person.id)
    return [{"id": str(person_id), "name": name} for person_id, name in session.execute(named)]


def gap_records(turns: Sequence[Turn], since: datetime, until: datetime) -> list[dict[str, str]]:
    spans = [(turn.begins_at, turn.ends_at) for turn in turns]
    return [_span(*gap) for gap in rules.gaps(spans, since, until)]


def _span(begins_at: datetime, ends_at: datetime) -> dict[str, str]:
    return {"begins_at": begins_at.isoformat(), "ends_at": ends_at.isoformat()}
