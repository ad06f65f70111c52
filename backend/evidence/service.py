"""Promises of pictures, and their keeping (api.md, Pictures)."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, aliased

from backend.auth import recusals
from backend.auth.actor import Actor
from backend.auth.people import reaches
from backend.core import clock
from backend.core.database import insert_into, remembered
from backend.evidence import possession, retiring
from backend.evidence.act import Act
from backend.evidence.examination import Examined
from backend.evidence.models import Photo, PhotoPromise
from backend.evidence.possession import Claim

Records = dict[str, set[uuid.UUID]]
"""By collection, the records whose pictures arrived: whoever owns them raises their version."""

AWAITED, STORED, MISMATCHED = STATES = ("awaited", "stored", "mismatched")
UNNAMED = "application/octet-stream"
"""What an upload calls bytes that nobody named, too."""
IN_ORDER = (PhotoPromise.promised_at, PhotoPromise.operation_id, PhotoPromise.number)

NAMED = 500
"""Awaited pictures that one answer names at most: every pull carries them again. Those promised last, since a phone
still holds them: what it lost for good must not hide them. The others come as these arrive; what a phone has not sent
yet it knows by itself."""
OWED = PhotoPromise.awaited_from == bindparam("device_id")
LAST = (
    select(PhotoPromise.sha256, PhotoPromise.preview_of, *IN_ORDER)
    .where(OWED)
    .order_by(*(column.desc() for column in IN_ORDER))
    .limit(NAMED)
    .subquery()
)
MISSING = select(LAST.c.sha256).order_by(LAST.c.preview_of.is_(None), *(LAST.c[column.key] for column in IN_ORDER))
AWAITS_ANY = select(PhotoPromise.id).where(OWED).exists()
ARRIVED: sa.BindParameter[list[Claim]] = bindparam("arrived", expanding=True)
FULFIL = (
    sa.update(PhotoPromise)
    .where(
        sa.or_(
            sa.tuple_(PhotoPromise.awaited_from, PhotoPromise.sha256).in_(ARRIVED),
            sa.tuple_(PhotoPromise.awaited_from, PhotoPromise.preview_of).in_(ARRIVED),
        )
    )
    .values(awaited_from=None)
    .returning(PhotoPromise.collection, PhotoPromise.record_id)
)


def promise(
    session: Session,
    act: Act,
    photos: Iterable[dict[str, Any]],
    collection: str | None = None,
    record_id: uuid.UUID | None = None,
    grid_path: str | None = None,
    source_id: uuid.UUID | None = None,
) -> list[PhotoPromise]:
    """Remember that an operation promised pictures; the same picture twice in one operation counts once.

    They are awaited from its device until that has sent them, whoever else did.

    `photos` are `{sha256, size, media_type?, role?, taken_at?, preview?: {sha256, size, media_type?}}`. May be called
    again with the record that came of the operation: then the promises learn where they belong, and stay there. Returns
    the operation's promises, of previews too.
    """
    assert act.operation_id, "only operations promise pictures"
    assert act.actor.device_id, "only devices promise pictures"
    known = _of_operation(session, act.operation_id)
    for photo, preview_of in _with_previews(list(photos)):
        if photo["sha256"] not in known:
            made = _promised(act, act.operation_id, act.actor.device_id, photo, len(known))
            made.preview_of = preview_of
            if any(
                possession.sent(session, (made.device_id, sha256)) for sha256 in (made.sha256, preview_of) if sha256
            ):
                made.awaited_from = None
            session.add(made)
            known[made.sha256] = made
    for made in known.values():
        if made.record_id is None:
            made.collection, made.record_id = collection, record_id
            made.grid_path, made.source_id = grid_path, source_id
    return list(known.values())


def _with_previews(photos: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], str | None]]:
    """Every picture, then every preview with the picture it stands in for: bytes promised as both are a picture."""
    previews = [(photo["preview"], photo["sha256"]) for photo in photos if photo.get("preview")]
    return [(photo, None) for photo in photos] + previews


def foresee(session: Session, promised: Mapping[uuid.UUID, tuple[uuid.UUID, Sequence[dict[str, Any]]]]) -> None:
    """Read together what several operations need that promise pictures: by operation its device and its `photos`.

    Locks the pictures; to be called before anything else is locked.
    """
    if promised:
        possession.foresee(
            session,
            {
                (device_id, photo["sha256"])
                for device_id, photos in promised.values()
                for photo, _ in _with_previews(photos)
            },
        )
        _promises(session).update(_made_by(session, promised))


def _of_operation(session: Session, operation_id: uuid.UUID) -> dict[str, PhotoPromise]:
    """Its promises by hash; what is added to them is known to the end of the transaction."""
    promises = _promises(session)
    if operation_id not in promises:
        promises.update(_made_by(session, [operation_id]))
    return promises[operation_id]


def _promises(session: Session) -> dict[uuid.UUID, dict[str, PhotoPromise]]:
    known: dict[uuid.UUID, dict[str, PhotoPromise]] = remembered(session).setdefault("promises", {})
    return known


def _made_by(session: Session, operation_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, PhotoPromise]]:
    found: dict[uuid.UUID, dict[str, PhotoPromise]] = {operation_id: {} for operation_id in operation_ids}
    for made in session.scalars(select(PhotoPromise).where(PhotoPromise.operation_id.in_(found))):
        found[made.operation_id][made.sha256] = made
    return found


def _promised(
    act: Act, operation_id: uuid.UUID, device_id: uuid.UUID, photo: dict[str, Any], number: int
) -> PhotoPromise:
    return PhotoPromise(
        operation_id=operation_id,
        number=number,
        sha256=photo["sha256"],
        size=photo["size"],
        media_type=photo.get("media_type") or UNNAMED,
        role=photo.get("role") or "scene",
        taken_at=photo.get("taken_at"),
        device_id=device_id,
        awaited_from=device_id,
        person_id=act.actor.person_id,
        promised_at=act.received_at,
    )


def photos_of(session: Session, record_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """The pictures of many records as the wire knows them (see `wire`), each record's in the order they were promised.

    Every id asked for has a list. One query.
    """
    found: dict[uuid.UUID, dict[str, dict[str, Any]]] = {record_id: {} for record_id in record_ids}
    rows = session.execute(promised_pictures().where(PhotoPromise.record_id.in_(record_ids)).order_by(*IN_ORDER))
    for made, photo, previewed in rows:
        if made.record_id is not None:
            found[made.record_id].setdefault(made.sha256, wire(made, photo, previewed))
    return {record_id: list(pictures.values()) for record_id, pictures in found.items()}


def photos_of_operation(session: Session, operation_id: uuid.UUID) -> list[dict[str, Any]]:
    """The pictures that an operation promised (see `wire`), whatever became of it."""
    made = promised_pictures().where(PhotoPromise.operation_id == operation_id).order_by(*IN_ORDER)
    return [wire(*row) for row in session.execute(made)]


def promised_pictures() -> sa.Select[PhotoPromise, Photo | None, bool]:
    """Rows of every promise of a picture, the bytes that its device sent, and whether a preview stands in for them."""
    preview, shown = aliased(PhotoPromise), aliased(Photo)
    arrived = sa.and_(Photo.sha256 == PhotoPromise.sha256, PhotoPromise.awaited_from.is_(None))
    previewed = sa.exists().where(
        preview.operation_id == PhotoPromise.operation_id,
        preview.preview_of == PhotoPromise.sha256,
        preview.awaited_from.is_(None),
        shown.sha256 == preview.sha256,
        shown.thumb,
    )
    # only asked while the picture is awaited: `and` stops at the first that is false
    pictures = select(PhotoPromise, Photo, sa.and_(Photo.sha256.is_(None), previewed))
    return pictures.outerjoin(Photo, arrived).where(PhotoPromise.preview_of.is_(None))


def wire(made: PhotoPromise, photo: Photo | None, previewed: bool) -> dict[str, Any]:
    """`{sha256, role, taken_at, size, media_type, state, thumb}`; `thumb` says that there is something to look at."""
    return {
        "sha256": made.sha256,
        "role": made.role,
        "taken_at": made.taken_at,
        "size": made.size,
        "media_type": made.media_type,
        "state": state(made, photo),
        "thumb": previewed if photo is None else photo.thumb,
    }


def state(made: PhotoPromise, photo: Photo | None) -> str:
    """ "awaited", "stored", or "mismatched" where the promise named another size than these bytes have."""
    if photo is None:
        return AWAITED
    return STORED if photo.size == made.size else MISMATCHED


def awaited(session: Session, device_id: uuid.UUID) -> list[str]:
    """SHA-256 of what a device promised and has not sent, of the last NAMED: previews first, then the oldest first.

    A preview is awaited no longer than its picture.
    """
    return list(dict.fromkeys(session.connection().scalars(MISSING, {"device_id": device_id})))


def awaited_pictures(session: Session, device_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many pictures each of these devices promised and has not sent, previews apart; only of those that lack
    some."""
    number = sa.func.count(PhotoPromise.sha256.distinct()).label("pictures")
    of_them = sa.and_(PhotoPromise.awaited_from.in_(device_ids), PhotoPromise.preview_of.is_(None))
    counted = select(PhotoPromise.device_id, number).where(of_them).group_by(PhotoPromise.device_id)
    return {row.device_id: row.pictures for row in session.execute(counted)}


def keep(session: Session, pictures: Mapping[Claim, Examined]) -> Records:
    """Record what devices have sent. Evidence never changes: what is known of it stays as first recorded.

    Neither they nor a preview of them is awaited from it any more. Returns the records of which that is news. Raises
    Displaced of sync, see `backend.evidence.retiring`.
    """
    possession.lock(session, {sha256 for _, sha256 in pictures})
    retiring.refuse_displaced(session, pictures.values())
    photos = [vars(each) | {"stored_at": clock.now()} for each in pictures.values()]
    session.connection().execute(insert_into(session, Photo.__table__).on_conflict_do_nothing(), photos)
    return _fulfilled(session, pictures)


def claimed(session: Session, claim: Claim) -> Records:
    """A device begins again what it has sent. Was it still awaited? Then something went wrong, and is set right here:
    the device would be asked for it at every contact, and would have nothing to send."""
    possession.lock(session, {claim[1]})
    return _fulfilled(session, [claim])


def _fulfilled(session: Session, pictures: Collection[Claim]) -> Records:
    records: Records = defaultdict(set)
    for name, record_id in session.connection().execute(FULFIL, {"arrived": list(pictures)}):
        if name and record_id:
            records[name].add(record_id)
    return records


def may_see(session: Session, actor: Actor, sha256: str) -> bool:
    """Did this person promise the picture, or does it belong to a record in their part of the tree, and of no source
    off which they are kept?

    A promise opens what its own device has sent: else who knows a hash could promise it and look.
    """
    pictures = select(PhotoPromise).where(
        PhotoPromise.sha256 == sha256, PhotoPromise.preview_of.is_(None), PhotoPromise.awaited_from.is_(None)
    )
    return any(concerns(session, actor, made) for made in session.scalars(pictures))


def preview(session: Session, actor: Actor, sha256: str) -> Photo | None:
    """What stands in for a picture that is not here, for whom that picture concerns: the first preview promised."""
    previews = (
        select(PhotoPromise, Photo)
        .join(Photo, Photo.sha256 == PhotoPromise.sha256)
        .where(PhotoPromise.preview_of == sha256, PhotoPromise.awaited_from.is_(None), Photo.thumb)
        .order_by(*IN_ORDER)
    )
    return next((photo for made, photo in session.execute(previews) if concerns(session, actor, made)), None)


def concerns(session: Session, actor: Actor, made: PhotoPromise) -> bool:
    """Did this person make the promise, or have they a say where its record lies?"""
    if made.person_id == actor.person_id:
        return True
    if made.grid_path is not None:
        if not actor.may("photos.read", made.grid_path, [made.person_id]):
            return False
        return actor.person_id not in recusals.kept_off(session, made.source_id, clock.now())
    # refused or waiting, it belongs to no record: it is looked through with its maker's work
    return reaches(session, actor, "inbox.read", made.person_id)
