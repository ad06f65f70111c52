"""Drafts of boundaries: kept as they came, checked as often as one likes, published or withdrawn (CJ-1).

    received -> checked | unreadable -> published -> withdrawn
                                    -> withdrawn

A file is stored before anything looks at it, and looked at without a transaction: a crash in between leaves a draft
that is "received", and can be checked again.
"""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from backend.audit import service as audit
from backend.core import clock
from backend.core.database import Database
from backend.core.errors import SPEAKING_FAMILIES, NotFound, Problem, as_problem
from backend.grids import files, lying, preview, publishing, reading
from backend.grids.errors import DraftClosed, DraftFaulty, RevisionOutdated, RevisionOutOfOrder
from backend.grids.examining import Examined, Upon, examine, record
from backend.grids.lineage import Pair
from backend.grids.models import Draft, Revision
from backend.grids.turns import turn
from geo.reading.limits import Limits

STATES = ("received", "checked", "unreadable", "published", "withdrawn")
OPEN = ("received", "checked", "unreadable")
SEVERITIES = ("error", "warning", "info")
"""What blocks comes first in a report."""


def receive(session: Session, content: bytes, given: dict[str, Any], by: uuid.UUID | None) -> Draft:
    """Keep a file of boundaries; `given` is what DraftQuery loads."""
    newest = publishing.last_revision(session)
    number = newest.number if newest else 0
    draft = Draft(
        **given,
        state="received",
        digest=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content=content,
        made_upon=number,
        base=number,
        created_at=clock.now(),
        created_by=by,
    )
    session.add(draft)
    session.flush()
    audit.record(session, "grids.draft", "draft", draft.id, person_id=by, size=draft.size)
    return draft


def get(session: Session, draft_id: uuid.UUID, *options: Any) -> Draft:
    """Raises NotFound."""
    draft = session.get(Draft, draft_id, options=options)
    if draft is None:
        raise NotFound(draft=str(draft_id))
    return draft


def check(database: Database, draft_id: uuid.UUID, limits: Limits) -> None:
    """Read a draft's file, hold it against what is published by now, and keep the report. Opens transactions of its
    own and holds none while it works. What cannot be read raises what `reading.read` raises, and is kept all the same.
    Raises ReadersBusy, which leaves the draft as it was.
    """
    with turn(draft=str(draft_id)):
        _, upon, found = _looked_at(database, draft_id, limits)
    report = [record(each) for each in sorted(found.findings, key=lambda each: SEVERITIES.index(each.severity))]
    drawn = preview.draw(upon.base.states, found, report)
    with database.transaction() as session:
        kept = _open_one(session, draft_id)
        kept.state, kept.fault, kept.checked_at, kept.base = "checked", None, clock.now(), upon.base.number
        kept.report, kept.preview, kept.counties = report, drawn, list(found.counties)
        kept.proposals = [vars(each) for each in found.proposals]
        kept.errors = sum(each.severity == "error" for each in found.findings)
        kept.warnings = sum(each.severity == "warning" for each in found.findings)


def _looked_at(database: Database, draft_id: uuid.UUID, limits: Limits) -> tuple[Draft, Upon, Examined]:
    with database.transaction(write=False) as session:
        draft = get(session, draft_id, undefer(Draft.content))
        upon, known = _upon(session, draft), files.known(session)
    try:
        sent = reading.read(draft.content, draft.crs, limits, layer=draft.layer, encoding=draft.encoding, known=known)
    except (Problem, *SPEAKING_FAMILIES) as fault:
        with database.transaction() as session:
            kept = _open_one(session, draft_id)
            kept.state, kept.fault, kept.checked_at = "unreadable", as_problem(fault), clock.now()
        fault.facts |= {"draft": str(draft_id)}
        raise
    found = examine(sent.states, draft.county, _pairs(draft), upon)
    findings = [*sent.findings, *found.findings]
    return draft, upon, Examined(found.states, findings, found.counties, found.proposals, found.changed)


def _upon(session: Session, draft: Draft) -> Upon:
    since = select(Revision).where(Revision.number > draft.made_upon, Revision.withdrawn_at.is_(None))
    waiting = select(Draft).where(Draft.state.in_(OPEN), Draft.id != draft.id).order_by(Draft.id)
    base = publishing.last(session)
    every = [state.code for state in base.states if state.tier == 2]
    return Upon(
        base,
        publishing.states_of(session, draft.made_upon),
        {revision.number: revision.counties for revision in session.scalars(since)},
        [(str(other.id), _touched(other, every)) for other in session.scalars(waiting)],
        lying.everything(session),
        lying.posts(session),
    )


def _touched(draft: Draft, every: Sequence[str]) -> Sequence[str]:
    """The counties of a draft. One of the whole prefecture may touch every county while nobody could look at it."""
    return draft.counties or ([draft.county] if draft.county else []) or (every if draft.state != "checked" else [])


def _pairs(draft: Draft) -> list[Pair]:
    return [(before, after) for before, after in draft.said]


def _open_one(session: Session, draft_id: uuid.UUID) -> Draft:
    """A draft that is still to be worked on, locked. Raises NotFound, DraftClosed."""
    draft = session.get(Draft, draft_id, with_for_update=True, populate_existing=True)
    if draft is None:
        raise NotFound(draft=str(draft_id))
    if draft.state not in OPEN:
        raise DraftClosed(state=draft.state, revision=draft.revision)
    return draft


def say(session: Session, draft_id: uuid.UUID, pairs: Sequence[Pair], by: uuid.UUID | None) -> None:
    """Somebody says, or confirms, which grids take the place of which. Check the draft again afterwards."""
    draft = _open_one(session, draft_id)
    draft.said = [list(pair) for pair in pairs]
    audit.record(session, "grids.say", "draft", draft.id, person_id=by, said=draft.said)


def prepare(database: Database, draft_id: uuid.UUID, limits: Limits) -> publishing.Prepared:
    """Everything that publishing a draft takes, worked out without a transaction.

    Raises DraftClosed, DraftFaulty, ReadersBusy, RevisionOutdated where other boundaries were published since its last
    check.
    """
    with database.transaction(write=False) as session:
        draft = get(session, draft_id)
        if draft.state not in OPEN:
            raise DraftClosed(state=draft.state, revision=draft.revision)
        if draft.state != "checked" or draft.errors:
            raise DraftFaulty(state=draft.state, errors=draft.errors)
        _refuse_outdated(session, draft)
    with turn(draft=str(draft_id)):
        draft, upon, found = _looked_at(database, draft_id, limits)
    return publishing.prepare(upon.base, found.states, _pairs(draft))


def _refuse_outdated(session: Session, draft: Draft) -> None:
    newest = publishing.last_revision(session)
    if newest is not None and newest.number != draft.base:
        whose = session.scalar(select(Draft.id).where(Draft.revision == newest.number))
        raise RevisionOutdated(
            base=draft.base, last=newest.number, draft=str(whose) if whose else None, counties=newest.counties
        )


def publish(
    session: Session,
    draft_id: uuid.UUID,
    prepared: publishing.Prepared,
    effective_from: datetime | None,
    by: uuid.UUID | None,
) -> Draft:
    """Publish what was prepared, from now or from an hour to come on. Raises what `publishing.put` raises."""
    now = clock.now()
    draft = _open_one(session, draft_id)
    if effective_from is not None and effective_from < now:
        raise RevisionOutOfOrder(after=now.isoformat())
    revision = publishing.put(session, prepared, effective_from or now, by, draft.note)
    draft.state, draft.revision, draft.closed_at = "published", revision.number, now
    session.flush()
    return draft


def withdraw(session: Session, draft_id: uuid.UUID, by: uuid.UUID | None) -> Draft:
    """Put a draft away; one that is published is taken back before its hour. Raises what `publishing.withdraw` does."""
    draft = session.get(Draft, draft_id, with_for_update=True)
    if draft is None:
        raise NotFound(draft=str(draft_id))
    if draft.state == "withdrawn":
        raise DraftClosed(state=draft.state, revision=draft.revision)
    if draft.revision is not None:
        publishing.withdraw(session, session.get_one(Revision, draft.revision), by)
    draft.state, draft.closed_at = "withdrawn", clock.now()
    audit.record(session, "grids.withdraw_draft", "draft", draft.id, person_id=by)
    session.flush()
    return draft
