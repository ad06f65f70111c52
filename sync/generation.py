"""The life of a database since its last restore. A new life makes every phone pull anew and push again what it kept."""

import secrets
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.clusters import cluster_of
from sync.stamps import ONLY_ROW, begin_stamp, horizon
from sync.tables import SyncTables

END_LIFE = "UPDATE sync_generation SET generation = ''"
"""For a copy in a file of SQLite, before it takes a database's place: whoever serves it begins another life."""

OnNewLife = Callable[[Session], object]
"""Called after a restore, first thing in the transaction in which a life begins: what the backup holds may be true no
more. Of the feed it writes nothing."""


def ensure_generation(
    session: Session, tables: SyncTables, clock: Callable[[], datetime], on_new_life: OnNewLife
) -> str:
    """The generation; made where there is none, and made anew where it began in another cluster.

    A dump restored into a new cluster keeps stamps that its transaction ids reach only years later: the feed would
    stand still without a word. In a cluster that is further on, phones would skip what came back without a word.
    """
    here = cluster_of(session)
    present = _sound(session, tables, here)
    if present is None:
        _take_turn(session, tables)
        present = _sound(session, tables, here) or _anew(session, tables, clock, on_new_life)
    kept = tables.generation
    session.execute(sa.update(kept).where(kept.c.cluster.is_(None)).values(cluster=here))  # it was not known before
    return present


def _sound(session: Session, tables: SyncTables, here: str | None) -> str | None:
    """The generation, unless there is none, it was ended, or began in another cluster, by its name or by its stamps."""
    kept = session.execute(sa.select(tables.generation)).one_or_none()
    if kept is None or not kept.generation:
        return None
    if (here and kept.cluster and kept.cluster != here) or _ahead(session, tables):
        return None
    return str(kept.generation)


def _take_turn(session: Session, tables: SyncTables) -> None:
    """Wait for whoever is beginning a life at this moment. On SQLite writers take turns anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text(f"LOCK TABLE {tables.generation.name} IN SHARE ROW EXCLUSIVE MODE"))


def _anew(session: Session, tables: SyncTables, clock: Callable[[], datetime], on_new_life: OnNewLife) -> str:
    """The first life of a database that has just been made; any other was restored."""
    if session.scalar(sa.select(tables.generation.c.id)) is None:
        return _begin(session, tables, clock)
    return new_generation(session, tables, clock, on_new_life)


def new_generation(session: Session, tables: SyncTables, clock: Callable[[], datetime], on_new_life: OnNewLife) -> str:
    """Begin a new life: another generation, and the whole feed stamped as of now. Call it after every restore.

    Up to its present version the lives before share each record with this one, see `sync/lives.py`.
    """
    on_new_life(session)
    return _begin(session, tables, clock)


def _begin(session: Session, tables: SyncTables, clock: Callable[[], datetime]) -> str:
    connection = session.connection()
    stamp = begin_stamp(connection, tables)
    generation, now = secrets.token_hex(8), clock()
    began = {"generation": generation, "cluster": cluster_of(session), "began_at": now}
    began["former_began_at"] = session.scalar(sa.delete(tables.generation).returning(tables.generation.c.began_at))
    session.execute(sa.insert(tables.generation).values(id=ONLY_ROW, **began))
    as_of_now = {"stamp": stamp, "written_at": now, "shared_version": tables.feed.c.version}
    session.execute(sa.update(tables.feed).values(as_of_now))
    return generation


def _ahead(session: Session, tables: SyncTables) -> bool:
    """Whether the feed holds stamps that no transaction of this cluster can have given."""
    newest = session.scalar(sa.select(sa.func.max(tables.feed.c.stamp)))
    if newest is None:
        return False
    next_stamp = horizon(session.connection(), tables)
    if session.get_bind().dialect.name == "postgresql":
        latest = sa.func.pg_snapshot_xmax(sa.func.pg_current_snapshot())
        next_stamp = sa.cast(sa.cast(latest, sa.Text), sa.BigInteger)
    return bool(session.scalar(sa.select(sa.literal(newest, sa.BigInteger) >= next_stamp)))
