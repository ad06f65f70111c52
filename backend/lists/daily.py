"""A county's list of the day: what was found, what is open, what is overdue (CJ-5: a list of problems for the county).

Alarms and problems that were found on the day, or were found before and had not ended when the day did. They stand as
they are now: late evidence moves verdicts, and so this list.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Mapped, Session

from backend.alarms import records as alarm_records
from backend.alarms.models import Alarm
from backend.auth.models import Person
from backend.auth.people import Place
from backend.auth.territory import own_code, within
from backend.core.instants import iso
from backend.grids.models import Grid
from backend.patrols.rules import day_bounds
from backend.problems.models import Problem

ENDED = ("struck_off", "returned")
"""Problems in these states are nobody's any more, or not in the ledger yet."""


@dataclass(frozen=True)
class Item:
    """One line. Times are RFC 3339; `onsite` and `disposal` are an alarm's verdicts, `number` is a problem's.

    `cause` is `{code, zh, en}` of an alarm that was closed.
    """

    what: str
    id: str
    number: str | None
    grid: str
    place: str
    kind: str
    state: str
    found_at: str
    due_at: str | None
    overdue: bool
    onsite: str | None
    disposal: str | None
    cause: dict[str, str] | None
    responsible: str | None
    note: str


@dataclass(frozen=True)
class Day:
    """A calendar day of the deployment's zone, as instants."""

    begins: datetime
    ends: datetime


def day(of: date, zone: tzinfo) -> Day:
    return Day(*day_bounds(of, zone))


def items(session: Session, place: Place, of: Day, now: datetime) -> list[dict[str, Any]]:
    """The lines of a county's day, JSON-ready: what is overdue first, then as it was found."""
    until = min(of.ends, now)
    open_alarm = Alarm.closed_at.is_(None) | (Alarm.closed_at >= of.ends)
    raised = within(Alarm.grid_path, place.path) & _of_day(Alarm.raised_at, of, open_alarm)
    open_problem = Problem.state.not_in(ENDED) | (Problem.struck_off_at >= of.ends)
    reported = within(Problem.grid_path, place.path) & _of_day(Problem.reported_at, of, open_problem)
    alarms = session.scalars(select(Alarm).where(raised)).all()
    problems = session.scalars(select(Problem).where(reported)).all()
    names = _Names(session, alarms, problems)
    lines = [*_alarms(session, alarms, names), *(_problem(problem, names, until) for problem in problems)]
    return [asdict(line) for line in sorted(lines, key=lambda line: (not line.overdue, line.found_at, line.id))]


def told(lines: Sequence[dict[str, Any]], of: Day) -> dict[str, int]:
    """How many lines there are, how many of them are of the day itself, how many are overdue."""
    begun = of.begins.astimezone(UTC).isoformat()
    return {
        "lines": len(lines),
        "found": sum(line["found_at"] >= begun for line in lines),
        "overdue": sum(line["overdue"] for line in lines),
    }


def _of_day(found_at: Mapped[datetime], of: Day, open_at_its_end: ColumnElement[bool]) -> ColumnElement[bool]:
    return (found_at < of.ends) & ((found_at >= of.begins) | open_at_its_end)


class _Names:
    """What grids and people are called, read once."""

    def __init__(self, session: Session, alarms: Iterable[Alarm], problems: Iterable[Problem]) -> None:
        paths = {alarm.grid_path for alarm in alarms} | {problem.grid_path for problem in problems}
        codes = {code for path in paths for code in path.split("/")[2:]}
        people = {alarm.instruction_person_id for alarm in alarms} | {problem.responsible_id for problem in problems}
        self._grids = dict(session.execute(select(Grid.code, Grid.name).where(Grid.code.in_(codes))).all())
        self._people = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(people - {None}))).all())

    def place(self, path: str) -> str:
        """Township and village."""
        return "/".join(self._grids.get(code, code) for code in path.split("/")[2:])

    def person(self, person_id: uuid.UUID | None) -> str | None:
        return self._people.get(person_id) if person_id else None


def _alarms(session: Session, alarms: Sequence[Alarm], names: _Names) -> Iterator[Item]:
    for alarm, record in zip(alarms, alarm_records.records(session, alarms), strict=True):
        verdicts = {name: clock["verdict"] for name, clock in record["clocks"].items()}
        measured = " ".join(str(part) for part in (alarm.pollutant, alarm.value, alarm.unit) if part is not None)
        yield Item(
            what="alarm",
            id=record["id"],
            number=None,
            grid=own_code(alarm.grid_path),
            place=names.place(alarm.grid_path),
            kind=alarm.kind,
            state=alarm.state,
            found_at=record["raised_at"],
            due_at=record["clocks"]["disposal"]["due_at"],
            overdue=record["closed_at"] is None and "breached" in verdicts.values(),
            cause=_cause(record["closing"]),
            responsible=names.person(alarm.instruction_person_id),
            note=alarm.summary or measured,
            **verdicts,
        )


def _cause(closing: dict[str, Any] | None) -> dict[str, str] | None:
    return None if closing is None else {"code": closing["cause"], **closing["cause_name"]}


def _problem(problem: Problem, names: _Names, until: datetime) -> Item:
    done_at = problem.finished_at or problem.struck_off_at
    late = problem.due_at is not None and problem.due_at < until and (done_at is None or done_at >= until)
    return Item(
        what="problem",
        id=str(problem.id),
        number=problem.number,
        grid=own_code(problem.grid_path),
        place=names.place(problem.grid_path),
        kind=problem.kind,
        state=problem.state,
        found_at=problem.reported_at.isoformat(),
        due_at=iso(problem.due_at),
        overdue=late,
        onsite=None,
        disposal=None,
        cause=None,
        responsible=problem.responsible_unit or names.person(problem.responsible_id),
        note=problem.note,
    )
