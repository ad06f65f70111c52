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
    names = {person.phone: person.name for person in _people(session, rows, lock) if person.phone}
    mine = select(Post).join(Post.person).where(Person.phone.in_({row.phone for row in rows}))
    posts = defaultdict[Key, list[Held]](list)
    for post in session.scalars(mine.order_by(Post.valid_from, Post.id)):
        begins, carried = post.counts_from or post.valid_from, post.valid_from if post.counts_from else None
        held = Held(post.id, begins, post.valid_to, post.full_time, carried)
        posts[post.person.phone or "", post.role, post.grid_code].append(held)
    tiers = {code: place.tier for code, place in grids.places(session, {row.grid for row in rows}).items()}
    return Known(names, tiers, posts)


def _people(session: Session, rows: Iterable[Row], lock: bool = False) -> Sequence[Person]:
    """Those of a file whom the register has."""
    wanted = select(Person).where(Person.phone.in_({row.phone for row in rows})).order_by(Person.id)
    return session.scalars(wanted.with_for_update() if lock else wanted).all()


def digests(made: dict[str, str], rounds: int, tell: Callable[[], None]) -> dict[str, str]:
    """The passwords as they are stored, by phone. Takes a while by design, so no transaction should be open."""
    digested = {}
    for phone, password in made.items():
        digested[phone] = passwords.digest(password, rounds)
        tell()
    return digested


def enter(session: Session, planned: Sequence[Change], digested: dict[str, str]) -> None:
    """Add who is new, begin and end the posts: read together, written with one flush, for on SQLite everybody waits."""
    known = {person.phone: person for person in _people(session, [change.row for change in planned])}
    places = grids.places(session, {change.row.grid for change in planned})
    ending = select(Post).where(Post.id.in_([change.ends for change in planned if change.ends]))
    ends = {post.id: post for post in session.scalars(ending)}
    with session.no_autoflush:
        for change in planned:
            row = change.row
            if change.adds:
                known[row.phone] = people.newcomer(session, row.name, row.phone, digested[row.phone])
            if change.appoints:
                people.entrust(session, _post(row, known[row.phone], places[row.grid]))
            if change.ends:
                people.dismiss(session, ends[change.ends], at=row.until)
    session.flush()


def _post(row: Row, person: Person, place: people.Place) -> Post:
    since, full_time = row.since or clock.now(), bool(row.full_time)
    return people.post_at(place, person, row.role, since, full_time=full_time, until=row.until)


def held(session: Session, person: Person, role: str, grid: str) -> list[Post]:
    """The person's posts of this role in this grid that are in force."""
    mine = select(Post).where(Post.person_id == person.id, Post.role == role, Post.grid_code == grid)
    return list(session.scalars(mine.where(people.in_force(clock.now()))))
