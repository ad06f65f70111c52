"""Many turns at once: a CSV file with the columns county, phone, begins_at, ends_at and, if wanted, note."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import marshmallow as ma
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth.models import Person
from backend.commands import csv_file
from backend.core import clock
from backend.core.errors import Problem
from backend.core.instants import within_reason
from backend.rota import service
from backend.rota.service import Plan

NEEDED = ("county", "phone", "begins_at", "ends_at")


@dataclass(frozen=True)
class Row:
    """One turn. `line` is its number in the file."""

    line: int
    county: str
    phone: str
    begins_at: datetime
    ends_at: datetime
    note: str


def read(file: Path, zone: tzinfo) -> list[Row]:
    """The rows of a UTF-8 file. Raises BadFile with every fault at once."""
    rows, faults = list[Row](), list[str]()
    for line, cells in csv_file.lines(file, NEEDED, "note"):
        try:
            rows.append(_row(line, cells, zone))
        except ValueError as fault:
            faults.append(f"line {line}: {fault}")
    csv_file.refuse(faults)
    return rows


def _row(line: int, cells: dict[str, str], zone: tzinfo) -> Row:
    if empty := [name for name in NEEDED if not cells[name]]:
        raise ValueError(f"{', '.join(empty)} is empty")
    begins_at, ends_at = (_instant(name, cells[name], zone) for name in ("begins_at", "ends_at"))
    if ends_at <= begins_at:
        raise ValueError("ends_at is not later than begins_at")
    return Row(line, cells["county"], cells["phone"], begins_at, ends_at, cells["note"])


def _instant(name: str, said: str, zone: tzinfo) -> datetime:
    try:
        at = datetime.fromisoformat(said)
        return within_reason(at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, ma.ValidationError):
        raise ValueError(f"{name} is {said}; say it as 2026-11-23 08:00") from None


def enter(session: Session, rows: Iterable[Row]) -> int:
    """Put on the rotas what is not there yet; how many turns. Raises BadFile with every fault at once."""
    faults, entered = list[str](), 0
    for row in rows:
        try:
            entered += _enter(session, row)
        except (ValueError, Problem) as fault:
            faults.append(f"line {row.line}: {fault}")
    csv_file.refuse(faults)
    return entered


def _enter(session: Session, row: Row) -> bool:
    person_id = session.scalar(select(Person.id).where(Person.phone == row.phone))
    if person_id is None:
        raise ValueError("nobody has this phone number")
    place = service.county(session, row.county)
    standing = service.turns(session, place.path, row.begins_at, row.ends_at, clock.now())
    if (person_id, row.begins_at, row.ends_at) in {(each.person_id, each.begins_at, each.ends_at) for each in standing}:
        return False
    service.enter(session, place, Plan(person_id, row.begins_at, row.ends_at, row.note))
    return True
