"""The public face: one object that ties feed, operations and routes together from what the application hands in."""

import hashlib
import hmac
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import flask_smorest
from sqlalchemy.orm import Session

from sync.anchors import Anchors, always
from sync.catalog import Catalog, Device, Glance, Transaction
from sync.cursor import Cursors
from sync.decide import Decider
from sync.devices import next_sequence
from sync.envelope import read
from sync.evidence import Interval
from sync.extras import extras_of
from sync.feed import FeedWriter, SessionTarget
from sync.generation import OnNewLife, ensure_generation, new_generation
from sync.inbox import Entry, entries, entry, waiting
from sync.lives import Lives
from sync.pull import KEEPS_DAYS, Puller, purge_left
from sync.push import Pusher
from sync.routes import Exchange, blueprint
from sync.stamps import lag_seconds
from sync.standings import Owner, Standing, standings
from sync.tables import SyncTables


class Sync:
    """Synchronisation of one application.

    Args:
        tables: made once on the application's metadata.
        transaction, glance: the ways to the application's database; see `Transaction`, `Glance`.
        clock: the present instant, aware.
        catalog: what is synchronised.
        keys: secrets of at least 32 bytes; the first signs, all verify.
        current_device: who is asking and what they may pull, inside a request; raises the application's own refusals.
            It must leave no transaction open.
        trusted: whether `clock` may be believed just now; while it may not, no anchor is signed. Asked with no
            transaction open.
        zone: of the times in answers.
        poll_after_s: how soon phones are told to pull again.
        on_new_life: see `OnNewLife`.
    """

    def __init__(
        self,
        tables: SyncTables,
        *,
        transaction: Transaction,
        glance: Glance,
        clock: Callable[[], datetime],
        catalog: Catalog,
        keys: Sequence[bytes],
        current_device: Callable[[], Device],
        trusted: Callable[[], bool] = always,
        zone: tzinfo = UTC,
        poll_after_s: int = 300,
        on_new_life: OnNewLife = lambda session: None,
    ) -> None:
        self.tables = tables
        self.anchors = Anchors(keys, clock, trusted)
        self._transaction = transaction
        self._catalog = catalog
        self._clock = clock
        self._current_device = current_device
        self._on_new_life = on_new_life
        self._writer = FeedWriter(tables, catalog.collections, clock)
        decider = Decider(catalog, self.anchors, Lives(tables, catalog, self.anchors))
        self._pusher = Pusher(tables, transaction, catalog, decider, clock)
        puller = Puller(tables, catalog, Cursors([_derived(key) for key in keys]), clock)
        self._exchange = Exchange(
            tables,
            transaction,
            glance,
            catalog,
            puller,
            self._pusher,
            self.anchors,
            clock,
            zone,
            poll_after_s,
            self.prepare,
        )

    def listen(self, target: SessionTarget) -> None:
        """Write the feed for everything that goes through this Session class or sessionmaker."""
        self._writer.listen(target)

    def prepare(self) -> str:
        """To be called before serving: makes the generation, anew where the database came from another cluster."""
        with self._transaction() as session:
            return ensure_generation(session, self.tables, self._clock, self._on_new_life)

    def new_generation(self, session: Session) -> str:
        """After a restore: phones pull anew and push again what they kept."""
        return new_generation(session, self.tables, self._clock, self._on_new_life)

    def blueprint(self, kind: type[flask_smorest.Blueprint] = flask_smorest.Blueprint) -> flask_smorest.Blueprint:
        """The routes /sync/pull and /sync/push as a blueprint of this class."""
        return blueprint(self._exchange, self._current_device, kind)

    def feed_lag(self, session: Session) -> float:
        """Seconds for which the oldest open writing transaction has been holding the feed back."""
        return lag_seconds(session)

    def purge(self, session: Session) -> int:
        """Forget rows of scopes that were left long ago (every cursor that needed them resets). Returns how many."""
        return purge_left(session, self.tables, self._clock() - timedelta(days=KEEPS_DAYS + 1))

    def retry(self) -> int:
        """Apply what waited for records that are here by now, and what a process that died left behind; for a periodic
        job. No transaction may be open."""
        return len(self._pusher.retry())

    def inbox(self, session: Session, **filters: Any) -> list[Entry]:
        """What was received and is not applied, newest first; `filters` as in `sync.inbox.entries`."""
        return entries(session, self.tables, **filters)

    def waiting(self, session: Session) -> dict[str, int]:
        """How many operations were received and are not applied, by status."""
        return waiting(session, self.tables)

    def inbox_entry(self, session: Session, key: uuid.UUID) -> Entry | None:
        """One operation with its payload and its result."""
        return entry(session, self.tables, key)

    def testimony(self, session: Session, entry: Entry) -> Interval | None:
        """When the operation of an entry was made, by all that is known now; None where it owns no place in a chain."""
        return self._pusher.testimony(session, entry.key)

    def extras(self, entry: Entry) -> dict[str, Any]:
        """What the app said in the operation of an entry that is not known here, see `sync.extras`. Pure;
        `entry` with its body."""
        envelope = read(entry.body, self._catalog.datums)
        return extras_of(envelope, self._catalog.operation_type(envelope.type or ""))

    def replay(self, session: Session, key: uuid.UUID) -> bytes:
        """Apply again what was refused or held, in the caller's writing transaction. Returns the result, JSON.

        Raises NotReplayable.
        """
        return self._pusher.replay(session, key)

    def standings(self, session: Session, owners: Sequence[Owner]) -> dict[Owner, Standing]:
        """How much of each (device, person)'s work is here, and what is still on the phone."""
        return standings(session, self.tables, owners)

    def next_sequence(self, session: Session, device_id: uuid.UUID, person_id: uuid.UUID) -> int:
        """Where a phone that just signed in goes on counting (`device.next_sequence`)."""
        return next_sequence(session, self.tables, device_id, person_id)


def _derived(key: bytes) -> bytes:
    return hmac.digest(key, b"sync cursors", hashlib.sha256)
