"""When stations were last heard of: written at most once a minute for each, however many readings come."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.core import bulk
from backend.core.instants import iso
from backend.stations.models import Contact

TRUE_TO = timedelta(minutes=1)


def note(session: Session, heard: Collection[uuid.UUID], newest: Mapping[uuid.UUID, datetime], now: datetime) -> None:
    """These stations were heard of now; `newest` has the latest time of measurement among what they sent."""
    fresh = sa.select(Contact.station_id).where(Contact.station_id.in_(heard), Contact.heard_at > now - TRUE_TO)
    due = sorted(set(heard) - set(session.scalars(fresh)))
    rows = [{"station_id": station, "heard_at": now, "measured_at": newest.get(station)} for station in due]
    bulk.put(session, Contact, rows, _later)


def _later(insert: Any) -> Any:
    here, more = Contact, insert.excluded
    newer = sa.or_(here.measured_at.is_(None), more.measured_at > here.measured_at)
    return insert.on_conflict_do_update(
        index_elements=["station_id"],
        set_={
            "heard_at": sa.case((more.heard_at > here.heard_at, more.heard_at), else_=here.heard_at),
            "measured_at": sa.case((newer, more.measured_at), else_=here.measured_at),
        },
    )


def of(session: Session, stations: Collection[uuid.UUID]) -> dict[uuid.UUID, Contact]:
    """The contacts of those that were ever heard of."""
    found = session.scalars(sa.select(Contact).where(Contact.station_id.in_(stations)))
    return {contact.station_id: contact for contact in found}


def record(contact: Contact | None) -> dict[str, Any]:
    """What is told of it, also of a station that was never heard of."""
    heard_at, measured_at = (contact.heard_at, contact.measured_at) if contact else (None, None)
    return {
        "heard_at": iso(heard_at),
        "measured_at": iso(measured_at),
    }
