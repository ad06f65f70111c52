"""Many people at once: a CSV file with the columns name, phone, role, grid and, if wanted, full_time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth import passwords, people
from backend.auth.models import Person, Post
from backend.auth.roles import ROLES
from backend.commands import csv_file
from backend.core import clock
from backend.core.errors import NotFound
from backend.grids import service as grids

NEEDED = ("name", "phone", "role", "grid")
YES = frozenset({"1", "yes", "true", "是"})
NO = frozenset({"", "0", "no", "false", "否"})


@dataclass(frozen=True)
class Row:
    """One post of one person. `line` is its number in the file."""

    line: int
    name: str
    phone: str
    role: str
    grid: str
    full_time: bool


def read(file: Path) -> list[Row]:
    """The rows of a UTF-8 file. Raises BadFile with every fault at once."""
    rows, faults = [], []
    for line, cells in csv_file.lines(file, NEEDED, "full_time"):
        faults += [f"line {line}: {fault}" for fault in _faults(cells)]
        full_time = cells.pop("full_time").lower() in YES
        rows.append(Row(line, **cells, full_time=full_time))
    csv_file.refuse(faults)
    return rows


def _faults(cells: dict[str, str]) -> Iterable[str]:
    yield from (f"{name} is empty" for name in NEEDED if not cells[name])
    if cells["role"] and cells["role"] not in ROLES:
        yield f"{cells['role']} is no role; roles are {', '.join(ROLES)}"
    if cells["full_time"].lower() not in YES | NO:
        yield f"full_time is {cells['full_time']}; say 1 or 0"


def check(session: Session, rows: Iterable[Row]) -> dict[str, str]:
    """Who is new, as phone: name. Raises BadFile where a grid is unknown or a phone belongs to another name."""
    faults, new, known = [], dict[str, str](), dict[str, str]()
    for row in rows:
        try:
            grids.place_of(session, row.grid)
        except NotFound:
            faults.append(f"line {row.line}: there is no grid {row.grid}")
        here = known.get(row.phone) or session.scalar(select(Person.name).where(Person.phone == row.phone))
        if here is None:
            new[row.phone] = row.name
        elif here != row.name:
            faults.append(f"line {row.line}: {row.phone} belongs to {here}, not to {row.name}")
        known[row.phone] = here or row.name
    csv_file.refuse(faults)
    return new


def digests(made: dict[str, str], rounds: int, tell: Callable[[], None]) -> dict[str, str]:
    """The passwords as they are stored, by phone. Takes a while by design, so no transaction should be open."""
    digested = {}
    for phone, password in made.items():
        digested[phone] = passwords.digest(password, rounds)
        tell()
    return digested


def enter(session: Session, rows: Iterable[Row], digested: dict[str, str]) -> int:
    """Add who is new, and the posts that are not held yet; how many posts. Doing it again adds nothing."""
    appointed = 0
    for row in rows:
        person = session.scalar(select(Person).where(Person.phone == row.phone))
        person = person or people.add_person(session, row.name, row.phone, digested[row.phone])
        if not held(session, person, row.role, row.grid):
            place = grids.place_of(session, row.grid)
            people.appoint(session, person, row.role, place, full_time=row.full_time)
            appointed += 1
    return appointed


def held(session: Session, person: Person, role: str, grid: str) -> list[Post]:
    """The person's posts of this role in this grid that are in force."""
    mine = select(Post).where(Post.person_id == person.id, Post.role == role, Post.grid_code == grid)
    return list(session.scalars(mine.where(people.in_force(clock.now()))))
