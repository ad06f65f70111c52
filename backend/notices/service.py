"""Telling people, and remembering that they have read it."""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.errors import NotFound
from backend.core.ids import new_id
from backend.notices import outbox
from backend.notices.models import Notice
from backend.notices.outbox import Outward


def notify(
    session: Session,
    person_ids: Iterable[uuid.UUID | None],
    kind: str,
    title_zh: str,
    title_en: str,
    *,
    subject: tuple[str, uuid.UUID] | None = None,
    body: dict[str, Any] | None = None,
    outward: Outward | None = None,
) -> list[Notice]:
    """Tell each of these people once; None, and who is named twice, are left out.

    `kind` is a stable word such as "problem.assign", `subject` (collection, id) of the record it is about, `body`
    the facts, JSON-ready. In the app they find it with their next pull; with `outward` it also leaves by their own
    channels and by the robots of their groups, soon after the commit.
    """
    collection, subject_id = subject or (None, None)
    people = [person_id for person_id in dict.fromkeys(person_ids) if person_id is not None]
    notices = [
        Notice(
            id=new_id(),
            version=1,
            person_id=person_id,
            kind=kind,
            title_zh=title_zh,
            title_en=title_en,
            body=body or {},
            subject_collection=collection,
            subject_id=subject_id,
            created_at=clock.now(),
        )
        for person_id in people
    ]
    session.add_all(notices)
    if outward is not None:
        outbox.post(session, people, kind, (title_zh, title_en), subject, outward)
    return notices


def read(session: Session, person_id: uuid.UUID, notice_id: uuid.UUID) -> Notice:
    """Mark one's own notice as read; the first reading counts. Raises NotFound for anybody else's."""
    notice = session.get(Notice, notice_id)
    if notice is None or notice.person_id != person_id:
        raise NotFound
    notice.read_at = notice.read_at or clock.now()
    session.flush()
    return notice
