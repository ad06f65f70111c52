"""Pictures are shown to whom their record is shown: they go where boundaries take it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from backend.evidence.models import PhotoPromise


def take_along(session: Session, records: Sequence[Any]) -> None:
    """Promises of pictures for records that have gone to another grid."""
    for record in records:
        promised = update(PhotoPromise).where(PhotoPromise.record_id == record.id)
        session.execute(promised.values(grid_path=record.grid_path))
