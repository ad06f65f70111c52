"""Where else a picture was used: it itself, and those that look the same."""

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth import recusals
from backend.auth.actor import Actor
from backend.evidence import service
from backend.evidence.models import PhotoLikeness, PhotoPromise

MOST = 200


class Uses(NamedTuple):
    """`seen`: promises of pictures of the same look, each with the bits in which it differs (0 for the very same bytes
    too), in the order in which they were promised. `elsewhere`: how many more there are that are not for this person's
    eyes. No more than MOST are looked through."""

    seen: list[tuple[PhotoPromise, int]]
    elsewhere: int


def uses(session: Session, actor: Actor, sha256: str) -> Uses:
    """Of a picture that this person may see."""
    alike = _alike(session, sha256)
    promises = session.scalars(
        select(PhotoPromise)
        .where(PhotoPromise.sha256.in_(alike), PhotoPromise.preview_of.is_(None), PhotoPromise.awaited_from.is_(None))
        .order_by(*service.IN_ORDER)
        .limit(MOST)
    ).all()
    recusals.foresee(session, {made.source_id for made in promises if made.source_id})
    seen = [(made, alike[made.sha256]) for made in promises if service.concerns(session, actor, made)]
    return Uses(seen, len(promises) - len(seen))


def _alike(session: Session, sha256: str) -> dict[str, int]:
    """Bits by hash."""
    later, earlier, bits = PhotoLikeness.sha256, PhotoLikeness.earlier, PhotoLikeness.bits
    pairs = sa.union_all(
        select(earlier.label("other"), bits).where(later == sha256),
        select(later.label("other"), bits).where(earlier == sha256),
    )
    return {row.other: row.bits for row in session.execute(pairs)} | {sha256: 0}


def wire(made: PhotoPromise, bits: int) -> dict[str, Any]:
    return {
        "sha256": made.sha256,
        "bits": bits,
        "role": made.role,
        "collection": made.collection,
        "record_id": made.record_id,
        "person_id": made.person_id,
        "promised_at": made.promised_at,
    }
