"""What waits in the inbox, and what became of it, as it is kept and answered."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.catalog import Device
from sync.envelope import Envelope
from sync.inbox import DEFERRED
from sync.tables import SyncTables

FAULT_OF_OURS = "server_fault"
SERVER_FAULT = {
    "code": FAULT_OF_OURS,
    "title": "服务器内部出错,已记录;数据没有丢失,稍后会再试。",
    "title_en": "The server failed; it is on record. Nothing is lost, push again later.",
}


@dataclass(frozen=True)
class Waiting:
    """An operation in the inbox that has no outcome yet. `device` is the one that sent it."""

    key: uuid.UUID
    device: Device
    received_at: datetime
    envelope: Envelope
    reviewing: bool = False
    superseded: bool = False
    """Its person has put another in its place, which is here too."""


@dataclass(frozen=True)
class Outcome:
    """`result` is the answer as JSON bytes, kept and replayed as they are."""

    key: uuid.UUID
    status: str
    result: bytes
    code: str | None = None
    needs: list[dict[str, str]] = field(default_factory=list)


def outcome(waiting: Waiting, status: str, code: str | None = None, **said: Any) -> Outcome:
    """The outcome of an operation, with whatever else its answer says."""
    result = orjson.dumps({"id": waiting.envelope.id, "status": status} | said)
    return Outcome(waiting.key, status, result, code, said.get("needs", []))


def server_fault(waiting: Waiting) -> Outcome:
    """Our fault, not the phone's: it keeps the operation and pushes again."""
    return outcome(waiting, DEFERRED, code=FAULT_OF_OURS, problem=SERVER_FAULT)


def keep(session: Session, tables: SyncTables, outcomes: Sequence[Outcome], now: datetime, by_itself: bool) -> None:
    """Write outcomes beside their operations, and what the deferred ones lack.

    Only what the server tried `by_itself` counts as an attempt: a phone that pushes again every five minutes must not
    use them up before what it needs is here.
    """
    if not outcomes:
        return
    operations, bodies = tables.operations, tables.bodies
    decided = (
        sa.update(operations)
        .where(operations.c.key == sa.bindparam("k"))
        .values(
            status=sa.bindparam("status"),
            code=sa.bindparam("code"),
            decided_at=now,
            attempts=operations.c.attempts + int(by_itself),
        )
    )
    body = sa.update(bodies).where(bodies.c.key == sa.bindparam("k")).values(result=sa.bindparam("result"))
    connection = session.connection()
    connection.execute(decided, [{"k": one.key, "status": one.status, "code": one.code} for one in outcomes])
    connection.execute(body, [{"k": one.key, "result": one.result} for one in outcomes])
    _keep_needs(session, tables, outcomes)


def _keep_needs(session: Session, tables: SyncTables, outcomes: Sequence[Outcome]) -> None:
    needs = tables.needs
    session.execute(sa.delete(needs).where(needs.c.key.in_([one.key for one in outcomes])))
    lacking = {(need["collection"], uuid.UUID(str(need["id"])), one.key) for one in outcomes for need in one.needs}
    if lacking:
        names = ("collection", "record_id", "key")
        session.execute(sa.insert(needs), [dict(zip(names, row, strict=True)) for row in lacking])
