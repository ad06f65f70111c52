"""Writing to the audit trail."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from backend.audit.models import AuditEntry
from backend.core import clock


def record(
    session: Session,
    action: str,
    subject_kind: str,
    subject_id: object,
    *,
    person_id: uuid.UUID | None = None,
    device_id: uuid.UUID | None = None,
    **facts: Any,
) -> None:
    """Add one entry in the caller's transaction. `facts` must hold no secret and no personal data beyond ids."""
    session.add(
        AuditEntry(
            at=clock.now(),
            person_id=person_id,
            device_id=device_id,
            action=action,
            subject_kind=subject_kind,
            subject_id=str(subject_id),
            facts=facts,
        )
    )
