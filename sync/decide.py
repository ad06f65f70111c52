"""What becomes of one operation: applied, conflict, deferred or rejected, each in a savepoint of its own.

A fault in one operation rolls back its savepoint and nothing else. Two causes pass by themselves and are tried again at
once: somebody changed a record between our reading and writing it, and a deadlock that the database broke up.
"""

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from sync.anchors import Anchors
from sync.catalog import Catalog, Device, Operation
from sync.chain import Chain
from sync.envelope import Envelope
from sync.errors import Conflict, Deferred, HeldForReview, Rejected, UnknownOperation
from sync.evidence import ALONE, Around, Interval, interval
from sync.inbox import APPLIED, CONFLICT, DEFERRED, REJECTED

TRIES = 4
PASSING_STATES = frozenset({"40001", "40P01"})
"""SQLSTATE of serialization failure and deadlock."""
SERVER_FAULT = {
    "code": "server_fault",
    "title": "服务器内部出错,已记录;数据没有丢失,稍后会再试。",
    "title_en": "The server failed; it is on record. Nothing is lost, push again later.",
}

log = logging.getLogger("sync")


@dataclass(frozen=True)
class Waiting:
    """An operation in the inbox that has no outcome yet. `device` is the one that sent it."""

    key: uuid.UUID
    device: Device
    received_at: datetime
    envelope: Envelope
    reviewing: bool = False


@dataclass(frozen=True)
class Outcome:
    """`result` is the answer as JSON bytes, kept and replayed as they are."""

    key: uuid.UUID
    status: str
    result: bytes
    code: str | None = None
    needs: list[dict[str, str]] = field(default_factory=list)


class Contended(Exception):
    """Another transaction wants the same records in another order; this one had better begin anew."""


def server_fault(waiting: Waiting) -> Outcome:
    """Our fault, not the phone's: it keeps the operation and pushes again."""
    return _outcome(waiting, DEFERRED, code="server_fault", problem=SERVER_FAULT)


class Decider:
    """Applies operations through the catalog."""

    def __init__(self, catalog: Catalog, anchors: Anchors) -> None:
        self._catalog = catalog
        self._anchors = anchors

    def decide(self, session: Session, waiting: Waiting, chain: Chain, alone: bool = True) -> Outcome:
        """The outcome. What it did is flushed, its savepoint released; no fault of this operation is raised.

        Not `alone` in the transaction, a deadlock raises Contended: what others wait for may be locks of the operations
        before this one, and only the end of the transaction lets them go.
        """
        for left in reversed(range(TRIES)):
            try:
                return self._attempt(session, waiting, chain)
            except Exception as fault:
                if not alone and _crosses(fault):
                    raise Contended from fault
                if not (left and _passes(fault)):
                    log.exception("operation %s failed", waiting.key)
                    return server_fault(waiting)
                session.expire_all()
        raise AssertionError("unreachable")

    def _attempt(self, session: Session, waiting: Waiting, chain: Chain) -> Outcome:
        try:
            operation = self._operation(waiting, chain)
            if operation.photos:
                with session.begin_nested():
                    self._catalog.record_promises(session, operation)
            if waiting.device.handover and not waiting.reviewing:
                raise HeldForReview
            apply, operation = self._checked(operation)
            with session.begin_nested():
                return self._applied(session, waiting, apply(session, operation))
        except Deferred as lack:
            return _outcome(waiting, DEFERRED, needs=lack.needs)
        except Conflict as clash:
            record = self._record(session, waiting.device, clash.collection, clash.record_id)
            return _outcome(waiting, CONFLICT, collection=clash.collection, current=record)
        except Rejected as refusal:
            return _outcome(waiting, REJECTED, code=refusal.code, problem=refusal.problem())
        except Exception as fault:
            problem = None if _passes(fault) else self._catalog.problem_of(fault)
            if problem is None:
                raise
            return _outcome(waiting, REJECTED, code=str(problem["code"]), problem=problem)

    def _checked(self, operation: Operation) -> tuple[Callable[[Session, Operation], Any], Operation]:
        known = self._catalog.operation_type(operation.type)
        if known is None:
            raise UnknownOperation(type=operation.type)
        payload = known.check(dict(operation.payload))
        unknown = {name: value for name, value in operation.payload.items() if name not in payload}
        unknown.pop("base_version", None)
        extras = operation.extras | ({"payload": unknown} if unknown else {})
        return known.apply, replace(operation, payload=payload, extras=extras)

    def _applied(self, session: Session, waiting: Waiting, done: tuple[str, uuid.UUID] | None) -> Outcome:
        session.flush()
        if done is None:
            return _outcome(waiting, APPLIED, record=None)
        collection, record_id = done
        record = self._record(session, waiting.device, collection, record_id)
        return _outcome(waiting, APPLIED, collection=collection, record=record)

    def _record(self, session: Session, device: Device, name: str, record_id: uuid.UUID) -> dict[str, Any] | None:
        collection = self._catalog.collection(name)
        if collection is None:
            raise LookupError(f"no collection {name} in the catalog")
        found = session.get(collection.model, record_id)
        return None if found is None else collection.records(session, [found], device)[0]

    def _operation(self, waiting: Waiting, chain: Chain) -> Operation:
        envelope = waiting.envelope
        if envelope.fault is not None:
            raise envelope.fault
        assert envelope.id is not None
        assert envelope.by is not None
        assert envelope.type is not None
        assert envelope.sequence is not None
        return Operation(
            id=envelope.id,
            type=envelope.type,
            person_id=envelope.by,
            device_id=waiting.device.id,
            sequence=envelope.sequence,
            made_at=envelope.made_at,
            received_at=waiting.received_at,
            interval=self._interval(waiting, chain),
            position=envelope.position,
            payload=envelope.payload,
            photos=envelope.photos,
            base_version=envelope.base_version,
            supersedes=envelope.supersedes,
            extras=envelope.extras,
            held_for_review=waiting.device.handover,
            app_version=waiting.device.app_version,
        )

    def _interval(self, waiting: Waiting, chain: Chain) -> Interval:
        envelope = waiting.envelope
        assert envelope.sequence is not None
        around = chain.around(envelope.sequence, envelope.hash)
        known = self.interval(envelope, waiting.device.id, waiting.received_at, around)
        if chain.broken_before(envelope.sequence, envelope.previous):
            return replace(known, findings=(*known.findings, "chain_broken"))
        return known

    def interval(
        self, envelope: Envelope, device_id: uuid.UUID, received_at: datetime, around: Around = ALONE
    ) -> Interval:
        """When it was made, by what it says itself and what the chain around it says."""
        anchor = self._anchors.read((envelope.clock or {}).get("anchor"), device_id)
        fixed_at = (envelope.position or {}).get("fixed_at")
        return interval(anchor, envelope.clock, device_id, received_at, around, envelope.made_at, fixed_at)


def _outcome(waiting: Waiting, status: str, code: str | None = None, **said: Any) -> Outcome:
    result = orjson.dumps({"id": waiting.envelope.id, "status": status} | said)
    return Outcome(waiting.key, status, result, code, said.get("needs", []))


def _passes(fault: Exception) -> bool:
    """Whether trying again at once may go well."""
    return isinstance(fault, StaleDataError) or _crosses(fault)


def _crosses(fault: Exception) -> bool:
    """Whether the database broke up a deadlock, or could not put two transactions in an order."""
    return isinstance(fault, DBAPIError) and getattr(fault.orig, "sqlstate", None) in PASSING_STATES


def keep(session: Session, operations: sa.Table, bodies: sa.Table, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write outcomes beside their operations."""
    if not outcomes:
        return
    row = sa.update(operations).where(operations.c.key == sa.bindparam("k"))
    decided = row.values(
        status=sa.bindparam("status"), code=sa.bindparam("code"), decided_at=now, attempts=operations.c.attempts + 1
    )
    body = sa.update(bodies).where(bodies.c.key == sa.bindparam("k")).values(result=sa.bindparam("result"))
    connection = session.connection()
    connection.execute(decided, [{"k": one.key, "status": one.status, "code": one.code} for one in outcomes])
    connection.execute(body, [{"k": one.key, "result": one.result} for one in outcomes])
