"""What becomes of operations: applied, conflict, deferred or rejected.

A chunk is applied in one go, behind one savepoint and with one flush: most chunks have nothing wrong in them, and what
a push costs is statements. Where anything is, that savepoint is rolled back and every operation gets one of its own, so
that a fault in one takes back its own work and nothing else. Two causes pass by themselves and are tried again at once:
somebody changed a record between our reading and writing it, and a deadlock that the database broke up.
"""

import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from sync.anchors import Anchors
from sync.catalog import Apply, Catalog, Device, Operation
from sync.chain import Chain
from sync.envelope import Envelope
from sync.errors import Conflict, Deferred, HeldForReview, Rejected, Superseded, UnknownOperation
from sync.evidence import ALONE, Around, Interval, interval
from sync.inbox import APPLIED, CONFLICT, DEFERRED, REJECTED
from sync.lives import Lives
from sync.outcomes import Outcome, Waiting, outcome, server_fault

TRIES = 4
PASSING_STATES = frozenset({"40001", "40P01"})
"""SQLSTATE of serialization failure and deadlock."""

Chains = Callable[[Waiting], Chain]
Made = tuple[str, uuid.UUID] | None
"""Collection and id of the record that an operation made or changed."""

log = logging.getLogger("sync")


class Contended(Exception):
    """Another transaction wants the same records in another order; this one had better begin anew."""


@dataclass(frozen=True)
class Prepared:
    """An operation read and checked. `fault` is why it is not to be applied; then `apply` is missing."""

    waiting: Waiting
    operation: Operation | None = None
    apply: Apply | None = None
    fault: Exception | None = None

    def carry_out(self, session: Session) -> Made:
        """Raises the fault, or whatever the application raises; Superseded only where it would take effect."""
        if self.fault:
            raise self.fault
        assert self.apply is not None
        assert self.operation is not None
        made = self.apply(session, self.operation)
        if self.waiting.superseded:
            raise Superseded
        return made


class Decider:
    """Applies operations through the catalog."""

    def __init__(self, catalog: Catalog, anchors: Anchors, lives: Lives) -> None:
        self._catalog = catalog
        self._anchors = anchors
        self._lives = lives

    def decide(self, session: Session, waiting: Sequence[Waiting], chains: Chains) -> list[Outcome]:
        """The outcomes, in order. What was done is flushed, every savepoint released; no operation's fault is raised.

        Raises Contended where several operations met another transaction's crosswise: what others wait for may be
        locks of the operations before the one that failed, and only the end of the transaction lets them go.
        """
        bases = self._lives.bases(session, waiting)
        prepared = [self._prepared(one, chains(one), bases.get(one.key)) for one in waiting]
        if len(prepared) == 1:
            return [self._alone(session, prepared[0])]
        try:
            with session.begin_nested():
                return self._together(session, prepared)
        except Exception as fault:
            _refuse_crossing(fault)
            log.debug("a chunk is applied one by one: %r", fault)
        session.expire_all()
        return [self._alone(session, one, of_many=True) for one in prepared]

    def _prepared(self, waiting: Waiting, chain: Chain, base: int | None) -> Prepared:
        operation = None
        try:
            operation = self._operation(waiting, chain, base)
            if waiting.device.handover and not waiting.reviewing:
                raise HeldForReview
            known = self._catalog.operation_type(operation.type)
            if known is None:
                raise UnknownOperation(type=operation.type)
            return Prepared(waiting, replace(operation, payload=known.check(dict(operation.payload))), known.apply)
        except Exception as fault:  # told, or blamed on ourselves, when its turn comes
            return Prepared(waiting, operation, fault=fault)

    def _together(self, session: Session, prepared: Sequence[Prepared]) -> list[Outcome]:
        """One flush for all. Raises what any of them raises, but for what was known to be refused."""
        self._catalog.foresee(session, [one.operation for one in prepared if one.operation and not one.fault])
        outcomes: dict[uuid.UUID, Outcome] = {}
        made: list[tuple[Waiting, Made]] = []
        for one in prepared:
            if one.operation and one.operation.photos:
                self._catalog.record_promises(session, one.operation)
            if isinstance(one.fault, Rejected):
                outcomes[one.waiting.key] = _refused(one.waiting, one.fault)
            else:
                made.append((one.waiting, one.carry_out(session)))
        session.flush()
        outcomes |= {applied.key: applied for applied in self._applied(session, made)}
        return [outcomes[one.waiting.key] for one in prepared]

    def _alone(self, session: Session, prepared: Prepared, of_many: bool = False) -> Outcome:
        for left in reversed(range(TRIES)):
            try:
                return self._attempt(session, prepared)
            except Exception as fault:
                if of_many:
                    _refuse_crossing(fault)
                if not (left and _passes(fault)):
                    log.exception("operation %s failed", prepared.waiting.key)
                    return server_fault(prepared.waiting)
                session.expire_all()
        raise AssertionError("unreachable")

    def _attempt(self, session: Session, prepared: Prepared) -> Outcome:
        waiting = prepared.waiting
        try:
            return self._carried_out(session, prepared)
        except Deferred as lack:
            return outcome(waiting, DEFERRED, needs=lack.needs)
        except Conflict as clash:
            [record] = self._records(session, clash.collection, [clash.record_id], waiting.device)
            return outcome(waiting, CONFLICT, collection=clash.collection, current=record)
        except Rejected as refusal:
            return _refused(waiting, refusal)
        except Exception as fault:
            problem = None if _passes(fault) else self._catalog.problem_of(fault)
            if problem is None:
                raise
            return outcome(waiting, REJECTED, code=str(problem["code"]), problem=problem)

    def _carried_out(self, session: Session, prepared: Prepared) -> Outcome:
        """What it promised stays, whatever becomes of it; what it did goes with its savepoint."""
        if prepared.operation and prepared.operation.photos:
            with session.begin_nested():
                self._catalog.record_promises(session, prepared.operation)
        with session.begin_nested():
            made = prepared.carry_out(session)
            session.flush()
            return self._applied(session, [(prepared.waiting, made)])[0]

    def _applied(self, session: Session, made: Sequence[tuple[Waiting, Made]]) -> list[Outcome]:
        """Their outcomes with the records as they are now, read together."""
        wanted: dict[tuple[str, Device], list[uuid.UUID]] = defaultdict(list)
        for waiting, record in made:
            if record is not None:
                wanted[record[0], waiting.device].append(record[1])
        found = {
            (device, name, record_id): record
            for (name, device), ids in wanted.items()
            for record_id, record in zip(ids, self._records(session, name, ids, device), strict=True)
        }
        return [
            outcome(waiting, APPLIED, record=None)
            if record is None
            else outcome(waiting, APPLIED, collection=record[0], record=found[waiting.device, *record])
            for waiting, record in made
        ]

    def _records(
        self, session: Session, name: str, ids: Sequence[uuid.UUID], device: Device
    ) -> list[dict[str, Any] | None]:
        """Wire records in the order of the ids; None for what does not exist."""
        collection = self._catalog.collection(name)
        if collection is None:
            raise LookupError(f"no collection {name} in the catalog")
        model = collection.model
        there = session.scalars(sa.select(model).where(model.id.in_(ids))).all()
        records = collection.records(session, there, device)
        told = {one.id: record for one, record in zip(there, records, strict=True)}
        return [told.get(id_) for id_ in ids]

    def _operation(self, waiting: Waiting, chain: Chain, base: int | None) -> Operation:
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
            payload=envelope.payload | ({"base_version": base} if base else {}),
            photos=envelope.photos,
            base_version=base,
            held_for_review=waiting.device.handover,
            app_version=waiting.device.app_version,
        )

    def _interval(self, waiting: Waiting, chain: Chain) -> Interval:
        envelope = waiting.envelope
        assert envelope.sequence is not None
        around = chain.around(envelope.sequence, envelope.hash)
        return self.interval(envelope, waiting.device.id, waiting.received_at, around)

    def interval(
        self, envelope: Envelope, device_id: uuid.UUID, received_at: datetime, around: Around = ALONE
    ) -> Interval:
        """When it was made, by what it says itself and what the chain around it says."""
        anchor = self._anchors.read((envelope.clock or {}).get("anchor"), device_id)
        fixed_at = (envelope.position or {}).get("fixed_at")
        return interval(anchor, envelope.clock, device_id, received_at, around, envelope.made_at, fixed_at)


def _refused(waiting: Waiting, refusal: Rejected) -> Outcome:
    return outcome(waiting, REJECTED, code=refusal.code, problem=refusal.problem())


def _refuse_crossing(fault: Exception) -> None:
    if crosses(fault):
        raise Contended from fault


def _passes(fault: Exception) -> bool:
    """Whether trying again at once may go well."""
    return isinstance(fault, StaleDataError) or crosses(fault)


def crosses(fault: Exception) -> bool:
    """Whether the database broke up a deadlock, or could not put two transactions in an order."""
    return isinstance(fault, DBAPIError) and getattr(fault.orig, "sqlstate", None) in PASSING_STATES
