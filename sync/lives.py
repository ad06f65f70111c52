"""Versions that work names of records as they were before the database was restored from a backup.

Of a record the former life and the present one share what was in the backup. Beyond that version the same number may
stand for another content, and nobody would see a conflict. So what was made upon a later version counts as made upon
the last one that both lives know: it takes effect where nobody has touched the record since. With a life before the
last, FIRST is all that is shared for sure.

When it was made its anchor says. Work without an anchor is taken at its word; work with one that is not ours was made
we do not know when.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.anchors import Anchors
from sync.catalog import Catalog
from sync.envelope import Envelope
from sync.outcomes import Waiting
from sync.tables import SyncTables

FIRST = 1
"""Version of a record that is new; so is one that was not in the backup and is made again."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)

Record = tuple[str, uuid.UUID]
"""Collection and id."""


class Lives:
    """Tells the lives of the database apart."""

    def __init__(self, tables: SyncTables, catalog: Catalog, anchors: Anchors) -> None:
        self._tables = tables
        self._catalog = catalog
        self._anchors = anchors

    def bases(self, session: Session, waiting: Sequence[Waiting]) -> dict[uuid.UUID, int]:
        """The `base_version` that counts of each operation that names one, by its key."""
        bases = {one.key: one.envelope.base_version for one in waiting if one.envelope.base_version}
        claims = [one for one in waiting if one.key in bases and (one.envelope.clock or {}).get("anchor") is not None]
        if not claims:
            return bases
        began = sa.select(self._tables.generation.c.began_at, self._tables.generation.c.former_began_at)
        began_at, former_began_at = session.execute(began).one_or_none() or (None, None)
        made = {one.key: self._made(one) for one in claims}
        former = [one for one in claims if began_at and made[one.key] < began_at]
        upon = {one.key: record for one in former if (record := self._record(one.envelope))}
        shared = self._shared(session, set(upon.values())) if upon else {}
        for key, record in upon.items():
            is_older = former_began_at is not None and made[key] < former_began_at
            bases[key] = min(bases[key], FIRST if is_older else shared.get(record, FIRST))
        return bases

    def _made(self, one: Waiting) -> datetime:
        """Not before this; long ago where nobody knows."""
        anchor = self._anchors.read((one.envelope.clock or {})["anchor"], one.device.id)
        return anchor.at if anchor else LONG_AGO

    def _record(self, envelope: Envelope) -> Record | None:
        known = self._catalog.operation_type(envelope.type or "")
        if known is None or known.upon is None:
            return None
        collection, field = known.upon
        try:
            return collection, uuid.UUID(str(envelope.payload.get(field)))
        except ValueError:
            return None

    def _shared(self, session: Session, records: Iterable[Record]) -> dict[Record, int]:
        """The version of each record that was in the backup."""
        feed = self._tables.feed.c
        mine = sa.tuple_(feed.collection, feed.record_id).in_(list(records))
        versions = sa.select(feed.collection, feed.record_id, sa.func.max(feed.shared_version))
        found = session.execute(versions.where(mine).group_by(feed.collection, feed.record_id))
        return {(collection, record_id): version or FIRST for collection, record_id, version in found}
