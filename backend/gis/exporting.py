"""Exports that take longer than a request: asked for, taken by a worker, written, kept for a while.

    waiting -> running -> ready -> expired
            <-         -> failed
    (any of the first three -> cancelled)

A worker takes one in a short transaction and has it until its lease runs out; every step that it tells renews the
lease, by compare-and-set. What a crash leaves: before the taking is committed, nothing happened; after it the lease
runs out and the next worker begins anew. Whoever was only slow finds its lease gone, with the next step that it tells,
and what it wrote is under a key of its own, which `wanted` does not know any more.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from backend.auth.actor import Actor, Holding
from backend.core import clock
from backend.core.errors import NotFound, as_problem
from backend.core.ids import new_id
from backend.gis.errors import ExportFailed, ExportNotReady, ExportOfOtherPosts, TooManyExports
from backend.gis.models import Export

UNFINISHED = ("waiting", "running")
KEPT = (*UNFINISHED, "ready")
MOST = 10
"""Exports that one person may have at a time."""
LEASE = timedelta(minutes=5)
"""Far longer than a step that is told takes."""
ATTEMPTS = 3
PAUSE = timedelta(minutes=1)
REMEMBERED = timedelta(days=30)
"""So long it can be asked what became of one."""
FOLDER = "exports"


class Lost(Exception):
    """Somebody put the export away, or another worker has it."""


def ask(
    session: Session, actor: Actor, layer: str, form: str, query: dict[str, Any], at: datetime, total: int
) -> Export:
    """An export that waits for a worker. Raises TooManyExports."""
    mine = select(Export.id).where(Export.person_id == actor.person_id, Export.state.in_(KEPT)).order_by(Export.id)
    if len(there := session.scalars(mine).all()) >= MOST:
        raise TooManyExports(most=MOST, exports=[str(each) for each in there])
    now = clock.now()
    export = Export(
        id=new_id(),
        person_id=actor.person_id,
        layer=layer,
        form=form,
        query={name: value for name, value in query.items() if name not in ("as_of", "token")},
        as_of=at,
        posts=_posts(actor),
        state="waiting",
        total=total,
        due_at=now,
        created_at=now,
    )
    session.add(export)
    session.flush()
    return export


def _posts(actor: Actor) -> list[list[str]]:
    return sorted([holding.role, holding.grid_path] for holding in actor.holdings)


def owner(export: Export) -> Actor:
    """Its person, with the posts of then."""
    return Actor(export.person_id, None, tuple(Holding(role, path) for role, path in export.posts))


def own(session: Session, actor: Actor, export_id: uuid.UUID, *, lock: bool = False) -> Export:
    """An export of this person's. Raises NotFound for those of others too."""
    export = session.get(Export, export_id, with_for_update=lock)
    if export is None or export.person_id != actor.person_id:
        raise NotFound(export=str(export_id))
    return export


def refuse_without_file(export: Export, actor: Actor) -> None:
    """Raises ExportNotReady, and ExportOfOtherPosts where the file may hold what its owner may not see any more."""
    if export.state != "ready":
        raise ExportNotReady(state=export.state, done=export.done, total=export.total)
    if export.posts != _posts(actor):
        raise ExportOfOtherPosts


def key(export: Export) -> str:
    """Where its bytes are in the store."""
    return f"{FOLDER}/{export.id}/{export.lease}"


def wanted(session: Session, at: str) -> bool:
    """Are the bytes under this key those of a file that is kept, or being written?"""
    _, export_id, lease = at.split("/")
    same = select(Export.id).where(Export.id == uuid.UUID(export_id), Export.lease == uuid.UUID(lease))
    return session.scalar(same.where(Export.state.in_(("running", "ready")))) is not None


def take(session: Session) -> Export | None:
    """The export that has been due for longest; nobody else has it now. One that broke off each time has failed."""
    due = select(Export).where(Export.state.in_(UNFINISHED), Export.due_at <= clock.now())
    first = due.order_by(Export.due_at, Export.id).limit(1).with_for_update(skip_locked=True)
    while (export := session.scalar(first)) is not None and export.attempts == ATTEMPTS:
        _end(export, "failed")
        export.fault = as_problem(ExportFailed(attempts=export.attempts))
        session.flush()
    if export is not None:
        export.state, export.attempts, export.done = "running", export.attempts + 1, 0
        export.lease, export.due_at = new_id(), clock.now() + LEASE
        session.flush()
    return export


def tell(session: Session, export: Export, **facts: Any) -> None:
    """How far it is, which renews the lease. Raises Lost."""
    mine = update(Export).where(Export.id == export.id, Export.lease == export.lease, Export.state == "running")
    told = session.connection().execute(mine.values({"due_at": clock.now() + LEASE, **facts}))
    if told.rowcount == 0:
        raise Lost


def finish(session: Session, export: Export, done: int, size: int, kept: timedelta) -> None:
    """Its file is in the store. Raises Lost."""
    now = clock.now()
    tell(session, export, state="ready", done=done, total=done, size=size, ended_at=now, expires_at=now + kept)


def fail(session: Session, export: Export, fault: dict[str, Any]) -> None:
    """To begin anew would not help. Raises Lost."""
    tell(session, export, state="failed", fault=fault, ended_at=clock.now())


def put_off(session: Session, export: Export) -> None:
    """It may go better in a while. Raises Lost."""
    tell(session, export, state="waiting", lease=None, due_at=clock.now() + PAUSE)


def cancel(export: Export) -> None:
    """Put it away, whatever it has come to. Twice does no harm."""
    if export.state in KEPT:
        _end(export, "cancelled")


def _end(export: Export, state: str) -> None:
    export.state, export.lease, export.ended_at = state, None, clock.now()


def expire(session: Session) -> int:
    """Files whose time is over; long after, what became of exports is forgotten."""
    now, connection = clock.now(), session.connection()
    over = update(Export).where(Export.state == "ready", Export.expires_at <= now).values(state="expired", lease=None)
    long_over = delete(Export).where(Export.ended_at <= now - REMEMBERED, Export.state.not_in(KEPT))
    return connection.execute(long_over).rowcount + connection.execute(over).rowcount
