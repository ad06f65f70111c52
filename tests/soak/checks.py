"""What must be true of a town and its phones, read from the domain: neither the feed nor a result is believed."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import catalog
from backend.auth import guard
from backend.core import clock
from backend.core.edge import Application
from backend.evidence.models import Photo
from backend.exchange import sync_of
from backend.patrols.models import Track
from backend.problems.models import Problem, ProblemEvent
from backend.sources.models import SourceProposal
from sync.catalog import Device
from sync.client import Client
from sync.inbox import APPLIED, NOT_APPLIED, SUPERSEDED, Entry
from tests.soak.ledger import Ledger

Records = dict[tuple[str, str], dict[str, Any]]
EFFECTS = (ProblemEvent, SourceProposal, Track)
"""Where operations leave a row with their id."""
ALL = 1_000_000


def scope_of(session: Session, device: Device) -> Records:
    """Every record that this person may see, found by looking at every record there is."""
    posts = guard.holdings(guard.posts_of(session, device.person_id), clock.now())
    keys = catalog.scope_of(device.person_id, posts)
    found: Records = {}
    for collection in catalog.COLLECTIONS:
        seen = [one for one in session.scalars(select(collection.model)) if collection.scope_keys(one) & keys]
        for record in collection.records(session, seen, device):
            found[collection.name, str(record["id"])] = orjson.loads(orjson.dumps(record))
    return found


def copy_of(client: Client) -> Records:
    return {
        (collection.name, record_id): record
        for collection in catalog.COLLECTIONS
        for record_id, record in client.copy.records(collection.name).items()
    }


def copy_is_the_scope(app: Application, client: Client) -> None:
    """Ids, versions and contents."""
    device = Device(uuid.UUID(client.session.device["id"]), uuid.UUID(client.session.person_id))
    with app.app_context(), app.database.transaction(write=False) as session:
        assert copy_of(client) == scope_of(session, device)


def inbox_of(app: Application, session: Session) -> dict[str, Entry]:
    """All that was received and owns its id, by that id."""
    entries = sync_of(app).inbox(session, statuses=(APPLIED, SUPERSEDED, *NOT_APPLIED), limit=ALL)
    return {str(entry.operation_id): entry for entry in entries if not entry.stray}


def effects_of(session: Session) -> Counter[str]:
    """How often each operation left its mark in the domain."""
    counted: Counter[str] = Counter()
    for model in EFFECTS:
        known = select(model.operation_id).where(model.operation_id.is_not(None))
        counted.update(map(str, session.scalars(known)))
    return counted


def once_each(app: Application, ledger: Ledger) -> None:
    """What was applied took effect exactly once, everything else not at all, and nothing received is missing."""
    with app.app_context(), app.database.transaction(write=False) as session:
        inbox, effects = inbox_of(app, session), effects_of(session)
        assert ledger.life.received - inbox.keys() == set()
        assert effects == Counter(key for key, entry in inbox.items() if entry.status == APPLIED)
        reports = select(ProblemEvent.problem_id).where(ProblemEvent.type == "report")
        assert Counter(session.scalars(select(Problem.id))) == Counter(session.scalars(reports))


def everything_arrived(app: Application, ledger: Ledger) -> None:
    """After all phones came home: every operation made is here as it was made, and every picture with its bytes."""
    assert ledger.life.received == ledger.made.keys()
    store = app.extensions["xunge.store"]
    with app.app_context(), app.database.transaction(write=False) as session:
        assert set(session.scalars(select(Photo.sha256))) == ledger.pictures
        for key, entry in inbox_of(app, session).items():
            assert entry.status != "received"
            kept = sync_of(app).inbox_entry(session, entry.key)
            assert kept is not None
            assert kept.body == ledger.made[key]
    for sha256 in ledger.pictures:
        with store.open(sha256) as file:
            assert hashlib.file_digest(file, "sha256").hexdigest() == sha256


def phones_know(app: Application, clients: Iterable[Client]) -> None:
    """What a phone believes of its work is what the server says; nothing waits that could be done."""
    with app.app_context(), app.database.transaction(write=False) as session:
        inbox = inbox_of(app, session)
    for client in clients:
        for made in client.outbox.all():
            assert inbox[made.id].status in BELIEVED[made.state], (made, inbox[made.id])
        assert set(client.pictures.states().values()) <= {"stored"}


BELIEVED = {
    "waiting": {"deferred"},
    "conflict": {"conflict"},
    "rejected": {"rejected", "applied", "conflict", "deferred"},  # a reviewer may have replayed it since
}
