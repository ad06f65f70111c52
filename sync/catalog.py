"""The words shared by library and application: what is synchronised, who is asking, what was done.

The application declares one `Catalog` and hands it to `Sync`; nothing here knows what a record means.
"""

import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.evidence import Interval


@dataclass(frozen=True)
class Device:
    """Who is asking, as `current_device()` says inside a request."""

    id: uuid.UUID
    person_id: uuid.UUID
    app_version: str | None = None
    boot: str | None = None
    """The header `Xunge-Boot`: what the phone calls its present boot."""
    handover: bool = False
    """A handover token, of a revoked device or a disabled account: it may push and upload, and its work waits for a
    reviewer."""
    scope: frozenset[str] = frozenset()
    """The keys of what it may pull now: `{"grid:652301001001", "person:<uuid>", "all"}`. No clock in it."""


Glance = Callable[[], AbstractContextManager[sa.Connection]]
"""The application's way to a connection for statements that read, each a snapshot by itself: they need no transaction
around them. A glance within a glance may be the same connection."""


class Transaction(Protocol):
    """The application's way to a transaction: commits at exit, rolls back when anything is raised.

    `write=True`: READ COMMITTED on PostgreSQL; on SQLite BEGIN IMMEDIATE behind one lock in the process.
    `write=False`: one read-only snapshot (REPEATABLE READ on PostgreSQL).
    """

    def __call__(self, write: bool = True) -> AbstractContextManager[Session]: ...


@dataclass(frozen=True)
class Operation:
    """What a handler gets: all that is known of one operation."""

    id: uuid.UUID
    type: str
    person_id: uuid.UUID
    device_id: uuid.UUID
    sequence: int
    made_at: datetime | None
    """What the phone's wall clock claimed. Proves nothing: see `interval`."""
    received_at: datetime
    """When the server first had it."""
    interval: Interval
    position: dict[str, Any] | None
    payload: dict[str, Any]
    """As `OperationType.check` returned it, without `photos`."""
    photos: list[dict[str, Any]] = field(default_factory=list)
    """`{sha256, size, media_type, role?, taken_at?}`; `sha256` is 64 lower-case hex digits."""
    base_version: int | None = None
    held_for_review: bool = False
    """True when a reviewer replays what a revoked device handed over."""
    app_version: str | None = None


Records = Callable[[Session, Sequence[Any], Device], list[dict[str, Any]]]
Apply = Callable[[Session, Operation], tuple[str, uuid.UUID] | None]


@dataclass(frozen=True)
class Collection:
    """One kind of record that travels."""

    name: str
    model: type[Any]
    """A mapped class with `id` (uuid.UUID) and `version` (int, at least 1; the feed raises it on every change)."""
    scope_keys: Callable[[Any], frozenset[str]]
    """The keys under which one object is visible, from its own columns only: `{"grid:652301", "person:<uuid>"}`."""
    records: Records
    """Wire records, JSON-ready (orjson), in the same order: of objects of the model, or of rows with the same names."""
    more: tuple[sa.Label[Any], ...] = ()
    """What `records` reads besides the model's columns, as expressions that follow from them. A pull reads rows, since
    making objects only to write them out takes longer than all the rest."""


def nothing_unknown(_payload: dict[str, Any]) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class OperationType:
    """One kind of thing that phones do."""

    name: str
    check: Callable[[dict[str, Any]], dict[str, Any]]
    """The payload without `photos` in, the validated payload out; raises PayloadInvalid."""
    apply: Apply
    """Does the work, flushes, never commits. Returns (collection, id) of the record to answer with, or None. Raises
    Deferred, Conflict, Rejected, or an exception of the application that `Catalog.problem_of` knows."""
    unknown: Callable[[dict[str, Any]], dict[str, Any]] = nothing_unknown
    """What such a payload, sound or not, says that is not known here: it stays in the inbox, and a reviewer is shown it
    among the `extras`."""
    upon: tuple[str, str] | None = None
    """Collection of the record whose version `base_version` is, and the field of the payload that holds its id."""


def no_problem(_fault: Exception) -> dict[str, Any] | None:
    return None


def no_photos(_session: Session, _device: Device) -> list[str]:
    return []


def no_foresight(_session: Session, _operations: Sequence[Operation]) -> None:
    return None


def no_promises(_session: Session, _operation: Operation) -> None:
    return None


@dataclass(frozen=True)
class Catalog:
    """What the application synchronises."""

    collections: tuple[Collection, ...]
    operation_types: tuple[OperationType, ...]
    problem_of: Callable[[Exception], dict[str, Any] | None] = no_problem
    """The application's refusal as a JSON-ready problem `{code, title, …}`; None for a fault nobody expected."""
    awaited_photos: Callable[[Session, Device], list[str]] = no_photos
    """SHA-256 of the pictures that this device promised and that are not stored yet."""
    awaits_photos: sa.ColumnElement[bool] = field(default_factory=sa.false)
    """Whether `awaited_photos` would name any, as an expression on the parameter `device_id`: a pull without news asks
    for the list only then."""
    record_promises: Callable[[Session, Operation], None] = no_promises
    """Remembers the pictures that an operation promises. Called before `apply`, also for work held for review; what
    it does survives a refusal of the operation."""

    foresee: Callable[[Session, Sequence[Operation]], None] = no_foresight
    """Reads at once, and locks in an order that is always the same, what several operations will ask for one by one.
    Called in the transaction that applies them; what it remembers must be forgotten when a savepoint is rolled back."""

    datums: frozenset[str] = frozenset({"WGS84", "CGCS2000", "GCJ02"})
    """Coordinate systems that a position may name; the application converts."""

    def collection(self, name: str) -> Collection | None:
        return next((known for known in self.collections if known.name == name), None)

    def operation_type(self, name: str) -> OperationType | None:
        return next((known for known in self.operation_types if known.name == name), None)
