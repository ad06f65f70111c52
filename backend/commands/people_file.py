"""Many people at once: what the register has of those in a file, and the changes of the file put into it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth import passwords, people
from backend.auth.models import Person, Post
from backend.commands import csv_file
from backend.commands.people_changes import Change, Held, Key, Known, changes
from backend.commands.people_rows import Row
from backend.core import clock
from backend.core.errors import NotFound
from backend.grids import service as grids


def plan(session: Session, rows: Sequence[Row], *, lock: bool = False) -> list[Change]:
    """What each row would change, as things stand. Raises BadFile with every fault at once.

    With `lock` nobody else touches these people and their posts until the transaction ends, so two imports at once
    appoint nobody twice. Somebody new to both of them is unique by phone: the later import fails as a whole.
    """
    made, faults = changes(rows, _known(session, rows, lock), clock.now())
    csv_file.refuse(faults)
    return made


def _known(session: Session, rows: Sequence[Row], lock: bool) -> Known:
    phones = {row.phone for row in rows}
    wanted = select(Person).where(Person.phone.in_(phones)).order_by(Person.id)
    here = session.scalars(wanted.with_for_update() if lock else wanted)
    names = {person.phone: person.name for person in here if person.phone}
    mine = select(Post).join(Post.person).where(Person.phone.in_(phones)).order_by(Post.valid_from, Post.id)
    posts = defaultdict[Key, list[Held]](list)
    for post in session.scalars(mine):
        begins, carried = post.counts_from or post.valid_from, post.valid_from if post.counts_from else None
        held = Held(post.id, begins, post.valid_to, post.full_time, carried)
        posts[post.person.phone or "", post.role, post.grid_code].append(held)
    return Known(names, _tiers(session, {row.grid for row in rows}), posts)


def _tiers(session: Session, codes: Iterable[str]) -> dict[str, int | None]:
    """Of the grids that there are."""
    tiers = {}
    for code in codes:
        try:
            tiers[code] = grids.place_of(session, code).tier
        except NotFound:
            continue
    return tiers


def digests(made: dict[str, str], rounds: int, tell: Callable[[], None]) -> dict[str, str]:
    """The passwords as they are stored, by phone. Takes a while by design, so no transaction should be open."""
    digested = {}
    for phone, password in made.items():
        digested[phone] = passwords.digest(password, rounds)
        tell()
    return digested


def enter(session: Session, planned: Iterable[Change], digested: dict[str, str]) -> None:
    """Add who is new, begin and end the posts."""
    for change in planned:
        row = change.row
        if change.adds:
            people.add_person(session, row.name, row.phone, digested[row.phone])
        if change.appoints:
            person = session.scalars(select(Person).where(Person.phone == row.phone)).one()
            place, full_time = grids.place_of(session, row.grid), bool(row.full_time)
            people.appoint(session, person, row.role, place, full_time=full_time, since=row.since, until=row.until)
        if change.ends:
            people.dismiss(session, session.get_one(Post, change.ends), at=row.until)


def held(session: Session, person: Person, role: str, grid: str) -> list[Post]:
    """The person's posts of this role in this grid that are in force."""
    mine = select(Post).where(Post.person_id == person.id, Post.role == role, Post.grid_code == grid)
    return list(session.scalars(mine.where(people.in_force(clock.now()))))
