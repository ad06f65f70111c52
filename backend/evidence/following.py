"""Pictures are shown to whom their record is shown: they go where boundaries take it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from backend.evidence.models import PhotoPromise


def take_along(session: Session, records: Sequence[Any]) -> None:
    """Promises of pictures for records that have gone to another grid."""
    if records:
        promised = update(PhotoPromise).where(PhotoPromise.record_id == bindparam("record"))
        gone = [{"record": record.id, "path": record.grid_path} for record in records]
        session.connection().execute(promised.values(grid_path=bindparam("path")), gone)
