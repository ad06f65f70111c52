"""Bytes that no record promised within 7 days are taken away, and no promise can come too late for that to be safe.

Two phases. The first is one transaction, under the lock of the pictures' hashes (`possession.lock`): what no promise
names and no upload remembers is no picture any more. A promise that was earlier keeps it; one that comes later finds it
missing and asks its device for the bytes. The second takes the bytes away, with no transaction open, as often and as
late as it likes, since bytes that come again are put elsewhere (`media.store`, lives).

An upload puts bytes into their first life, perhaps where they are just being taken away. It says into which, and
`refuse_displaced` compares under the same lock: then it puts them again, into the one that begins, and what it put
into the first is taken away once more.
"""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backend.core.database import Database, insert_into
from backend.evidence import possession
from backend.evidence.examination import Examined
from backend.evidence.models import Photo, PhotoPromise, RetiredPhoto
from backend.evidence.possession import UPLOAD
from media.store import Store
from sync.upload_endings import Displaced

AT_ONCE = 200
LIVES = select(RetiredPhoto.lives).where(RetiredPhoto.sha256 == bindparam("hash"))
OVER = select(RetiredPhoto.sha256, RetiredPhoto.lives).where(
    RetiredPhoto.sha256.in_(bindparam("hashes", expanding=True))
)
PROMISED = select(PhotoPromise.id).where(PhotoPromise.sha256 == Photo.sha256).exists()
UPLOADED = select(UPLOAD.id).where(UPLOAD.sha256 == Photo.sha256, UPLOAD.stored).exists()


def life_of(database: Database, sha256: str) -> int:
    """The life that a picture begins if its bytes come now."""
    with database.glance() as connection:
        return connection.scalar(LIVES, {"hash": sha256}) or 0


def refuse_displaced(session: Session, pictures: Collection[Examined]) -> None:
    """Raises Displaced where bytes lie in a life that is over. The pictures must be locked."""
    rows = session.connection().execute(OVER, {"hashes": [each.sha256 for each in pictures]})
    over = {row.sha256: row.lives for row in rows}
    for each in pictures:
        if each.life < (lives := over.get(each.sha256, 0)):
            raise Displaced(lives)
    if over:  # they were put into an earlier life before, or this would not know of the present one
        session.execute(sa.update(RetiredPhoto).where(RetiredPhoto.sha256.in_(over)).values(leftover=True))


def retire(session: Session, hashes: Collection[str]) -> None:
    """Their last uploads are forgotten: of those that nobody promised the bytes are to be taken away."""
    possession.lock(session, hashes)
    unwanted = sa.delete(Photo).where(Photo.sha256.in_(hashes), ~PROMISED, ~UPLOADED)
    over = session.connection().execute(unwanted.returning(Photo.sha256, Photo.life)).all()
    if over:
        insert = insert_into(session, RetiredPhoto.__table__)
        again = insert.on_conflict_do_update(
            index_elements=["sha256"], set_={"lives": insert.excluded.lives, "leftover": True}
        )
        rows = [{"sha256": sha256, "lives": life + 1, "leftover": True} for sha256, life in over]
        session.connection().execute(again, rows)


def take_away(database: Database, store: Store) -> int:
    """The bytes of what was retired. Returns of how many pictures. No transaction may be open.

    A crash leaves the row as it was, and the next turn takes them away again.
    """
    taken = 0
    while leftover := _leftover(database):
        for sha256, lives in leftover:
            for life in range(lives):
                store.take_away(sha256, life)
        with database.transaction() as session:
            session.execute(
                sa.update(RetiredPhoto)
                .where(sa.tuple_(RetiredPhoto.sha256, RetiredPhoto.lives).in_(leftover))
                .values(leftover=False)
            )
        taken += len(leftover)
    return taken


def _leftover(database: Database) -> list[tuple[str, int]]:
    rows = select(RetiredPhoto.sha256, RetiredPhoto.lives).where(RetiredPhoto.leftover).limit(AT_ONCE)
    with database.glance() as connection:
        return [(row.sha256, row.lives) for row in connection.execute(rows)]
