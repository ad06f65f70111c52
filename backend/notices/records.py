"""Notices as phones and consoles know them; channels and messages as the office does."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.core.instants import iso
from backend.notices.carriers import shown
from backend.notices.models import Channel, Message, Notice


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
        "read_at": iso(notice.read_at),
    }


def channel_record(channel: Channel) -> dict[str, Any]:
    """A channel without its secret."""
    return {
        "id": str(channel.id),
        "person_id": str(channel.person_id) if channel.person_id else None,
        "role": channel.role,
        "path": channel.grid_path or None,
        "address": shown(channel.address),
        "language": channel.language,
        "created_at": channel.created_at.isoformat(),
    }


def message_record(message: Message) -> dict[str, Any]:
    """A message of the outbox, with its channel."""
    collection, subject_id = message.subject_collection, message.subject_id
    return {
        "id": str(message.id),
        "channel": channel_record(message.channel),
        "kind": message.kind,
        "urgent": message.urgent,
        "title": message.title,
        "subject": {"collection": collection, "id": str(subject_id)} if subject_id else None,
        "path": message.grid_path,
        "state": message.state,
        "created_at": message.created_at.isoformat(),
        "due_at": message.due_at.isoformat(),
        "attempts": message.attempts,
        "last_error": message.last_error,
        "ended_at": iso(message.ended_at),
    }
