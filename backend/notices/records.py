"""Notices as phones and consoles know them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.notices.models import Notice


def scope_keys(notice: Notice) -> frozenset[str]:
    """A notice is seen by its person only."""
    return frozenset({f"person:{notice.person_id}"})


def records(_session: Session, notices: Sequence[Notice]) -> list[dict[str, Any]]:
    """Wire records, JSON-ready, in the same order."""
    return [_record(notice) for notice in notices]


def _record(notice: Notice) -> dict[str, Any]:
    subject = {"collection": notice.subject_collection, "id": str(notice.subject_id)} if notice.subject_id else None
    return {
        "id": str(notice.id),
        "version": notice.version,
        "kind": notice.kind,
        "title": {"zh": notice.title_zh, "en": notice.title_en},
        "body": notice.body,
        "subject": subject,
        "created_at": notice.created_at.isoformat(),
        "read_at": notice.read_at.isoformat() if notice.read_at else None,
    }
