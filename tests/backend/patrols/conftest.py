"""A village with two sources, and acts in it."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from backend.auth.actor import Actor, Holding
from backend.core import clock
from backend.core.ids import new_id
from backend.evidence.act import Act
from backend.patrols import forms
from backend.patrols.models import Form
from backend.sources.models import Source
from sync.evidence import Interval
from tests.backend.cast import MONDAY, VILLAGE_A1, Member

LABEL = {"zh": "在产?", "en": "Running?"}
FIELDS: list[dict[str, Any]] = [
    {"name": "running", "label": LABEL, "type": "yes_no", "required": True},
    {"name": "gate", "label": LABEL, "type": "photo"},
]
ON_THE_WIRE = [{"options": [], "required": False, "show_if": None} | field for field in FIELDS]
MakeAct = Callable[..., Act]


def source(session: Session, name: str, path: str = VILLAGE_A1, **other: Any) -> Source:
    made = Source(
        name=name,
        grid_path=path,
        **{
            "kind": "industry",
            "lon": 87.05,
            "lat": 44.05,
            "valid_from": MONDAY.date(),
            "created_at": MONDAY,
            "updated_at": MONDAY,
            **other,
        },
    )
    session.add(made)
    session.flush()
    return made


def general_form(session: Session) -> Form:
    return forms.publish(session, "日常巡查", FIELDS)


@pytest.fixture
def act(cast: dict[str, Member]) -> MakeAct:
    """`act("Aygul")` is hers, now; `made` says when the phone attests it was done, `since` only when not before."""

    def make(
        name: str,
        made: datetime | None = None,
        since: datetime | None = None,
        position: dict[str, Any] | None = None,
        photos: tuple[dict[str, Any], ...] = (),
    ) -> Act:
        member, now = cast[name], clock.now()
        actor = Actor(member.id, uuid.UUID(int=7), (Holding(member.role, member.grid_path),))
        if made is not None:
            interval = Interval(made - timedelta(hours=1), made, 1000, now, "attested")
        else:
            interval = Interval(since or now, None, None, now, "proved")
        return Act(actor, now, interval, new_id(), position, photos)

    return make
