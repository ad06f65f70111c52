"""Changes of posts in the counties, put on record with the prefecture (备案, CJ-1e): each is an entry, filed once."""

import uuid
from collections.abc import Collection
from datetime import date, datetime
from typing import Literal

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.auth.actor import Actor
from backend.auth.models import Filing, Post
from backend.auth.territory import ancestors
from backend.core import clock
from backend.core.errors import NotFound, Problem

Change = Literal["appoint", "dismiss"]
CHANGES = ("appoint", "dismiss")
STATES = ("pending", "filed")
TRANSITIONS = {"file": ("pending", "filed")}
"""Action: from which state to which. What is filed stays filed: another change of the post is another entry."""


class AlreadyFiled(Problem):
    """Fact: `ids`."""

    code = "already_filed"
    status = 409
    zh = "其中有已备案的条目,未作任何更改。"
    en = "Some of these are on record already; nothing was changed."


def report(session: Session, post: Post, change: Change, at: datetime, by: uuid.UUID | None) -> None:
    """Whoever changes a post of a county thereby reports it. Posts of the prefecture itself are reported to nobody."""
    if len(ancestors(post.grid_path)) > 1:
        now = clock.now()
        session.add(Filing(post=post, change=change, effective_at=at, state="pending", recorded_at=now, recorded_by=by))


def file(session: Session, actor: Actor, ids: Collection[uuid.UUID], on: date, note: str) -> None:
    """Put these on record: all of them or none. Rows are locked in the order of their ids, so of two officers at once
    the second finds them filed. Raises NotFound, Forbidden, AlreadyFiled."""
    before, after = TRANSITIONS["file"]
    wanted = select(Filing).where(Filing.id.in_(ids)).order_by(Filing.id).with_for_update(of=Filing)
    found = session.scalars(wanted.execution_options(populate_existing=True)).all()
    if missing := set(ids) - {filing.id for filing in found}:
        raise NotFound(ids=sorted(map(str, missing)))
    for filing in found:
        actor.require("filings.file", filing.post.grid_path)
    if late := [str(filing.id) for filing in found if filing.state != before]:
        raise AlreadyFiled(ids=late)
    for filing in found:
        filing.state, filing.filed_on, filing.note = after, on, note
        filing.filed_at, filing.filed_by = clock.now(), actor.person_id
        audit.record(session, "filing.file", "filing", filing.id, person_id=actor.person_id, on=on.isoformat())
    session.flush()


def visible(actor: Actor) -> ColumnElement[bool]:
    """The entries of one's part of the tree, as a condition on Post."""
    return actor.visible("filings.read", Post.grid_path)
