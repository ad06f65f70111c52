"""Which device really has which bytes: to know a hash is nothing, to have sent the bytes is (decision 0023)."""

import uuid
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core.database import Base, remembered
from backend.evidence.models import PhotoPromise
from sync.upload_tables import UploadTables

UPLOAD_TABLES = UploadTables(Base.metadata)
UPLOAD = UPLOAD_TABLES.upload.c

Claim = tuple[uuid.UUID, str]
"""A device, and the SHA-256 of what it may have sent."""

LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(sha256, 0)) FROM unnest(CAST(:hashes AS text[])) sha256")


def lock(session: Session, hashes: Collection[str]) -> None:
    """Until the end of the transaction nobody else promises these pictures or notes that they came.

    Who promises and who uploads would else not see each other, and lock promise and record in opposite orders. It is
    taken before both. SQLite has one writer anyway.
    """
    if hashes and session.get_bind().dialect.name == "postgresql":
        session.connection().execute(LOCK, {"hashes": sorted(hashes)})


def sent(session: Session, claim: Claim) -> bool:
    """Has this device sent these bytes?"""
    foresee(session, {claim})
    return _known(session)[claim]


def foresee(session: Session, claims: Collection[Claim]) -> None:
    """Lock these pictures and look all claims up together; to the end of the transaction they hold."""
    known = _known(session)
    asked = set(claims) - known.keys()
    if not asked:
        return
    hashes = {sha256 for _, sha256 in asked}
    lock(session, hashes)
    # uploads are remembered for a week, promises that were kept for good
    uploaded = select(UPLOAD.device_id, UPLOAD.sha256).where(UPLOAD.sha256.in_(hashes), UPLOAD.stored)
    kept = select(PhotoPromise.device_id, PhotoPromise.sha256).where(
        PhotoPromise.sha256.in_(hashes), PhotoPromise.awaited_from.is_(None), PhotoPromise.preview_of.is_(None)
    )
    found = {(device_id, sha256) for device_id, sha256 in session.execute(sa.union(uploaded, kept))}
    known.update({claim: claim in found for claim in asked})


def _known(session: Session) -> dict[Claim, bool]:
    known: dict[Claim, bool] = remembered(session).setdefault("sent", {})
    return known
