"""People and their posts: added, ended, never overwritten (CJ-1e)."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.auth import filings, passwords, roles, territory
from backend.auth.actor import Actor
from backend.auth.models import COUNTED_FROM, Person, Post
from backend.auth.service import end_sessions
from backend.core import clock
from backend.core.errors import Problem
from backend.core.ids import new_id


class PhoneTaken(Problem):
    code = "phone_taken"
    status = 409
    zh = "该手机号已有账号。"
    en = "There is an account with this phone number already."


class WrongTier(Problem):
    """Facts: `role`, `grid`, `tier`, `tiers`: those of the grids in which the role is held."""

    code = "wrong_tier"
    zh = "该岗位不设在这一级网格。"
    en = "A post of this role is not held in grids of this tier."


@dataclass(frozen=True)
class Place:
    """The grid of a post, as its owner describes it."""

    code: str
    path: str
    name: str
    tier: int | None


def add_person(session: Session, name: str, phone: str | None = None, password_hash: str | None = None) -> Person:
    """Somebody new. Raises PhoneTaken."""
    if phone and session.scalar(select(Person.id).where(Person.phone == phone)):
        raise PhoneTaken(phone=phone)
    person = newcomer(session, name, phone, password_hash)
    session.flush()
    return person


def newcomer(session: Session, name: str, phone: str | None, password_hash: str | None) -> Person:
    """The same for a phone that nobody has, not flushed: many come in one go."""
    person = Person(id=new_id(), name=name, phone=phone, password_hash=password_hash, created_at=clock.now())
    session.add(person)
    audit.record(session, "person.add", "person", person.id)
    return person


def set_password(session: Session, person: Person, password: str, rounds: int) -> None:
    person.password_hash = passwords.digest(password, rounds)
    audit.record(session, "person.password", "person", person.id)


def post_at(
    place: Place, person: Person, role: str, since: datetime, *, full_time: bool = False, until: datetime | None = None
) -> Post:
    """A post in a grid, not yet in any session."""
    return Post(
        id=new_id(),
        person=person,
        role=role,
        full_time=full_time,
        grid_code=place.code,
        grid_path=place.path,
        grid_name=place.name,
        grid_tier=place.tier,
        valid_from=since,
        valid_to=until,
    )


def appoint(
    session: Session,
    person: Person,
    role: str,
    place: Place,
    *,
    full_time: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    by: uuid.UUID | None = None,
) -> Post:
    """Give a person a post from now on, or from `since`; for good, or until an instant. Raises WrongTier."""
    if not roles.held_at(role, place.tier):
        raise WrongTier(role=role, grid=place.code, tier=place.tier, tiers=roles.TIERS[role])
    post = post_at(place, person, role, since or clock.now(), full_time=full_time, until=until)
    entrust(session, post, by=by)
    session.flush()
    return post


def entrust(session: Session, post: Post, *, by: uuid.UUID | None = None) -> None:
    """Give a post that is held at its tier; not flushed, for many are given in one go."""
    session.add(post)
    audit.record(session, "post.appoint", "post", post.id, person_id=by, role=post.role, grid=post.grid_code)
    filings.report(session, post, "appoint", post.valid_from, by)


def dismiss(session: Session, post: Post, *, at: datetime | None = None, by: uuid.UUID | None = None) -> None:
    """End a post now, or `at` an instant to come. It stays as history."""
    ends = at or clock.now()
    post.valid_to = ends
    filings.report(session, post, "dismiss", ends, by)
    audit.record(session, "post.dismiss", "post", post.id, person_id=by, role=post.role, grid=post.grid_code)


def carry_on(session: Session, post: Post, place: Place, at: datetime) -> Post:
    """Boundaries changed: the same appointment, in `place` from `at` on. What was done before counts by both posts.

    A post that is still to begin is only moved; any other one ends, and its successor takes its place.
    """
    if post.valid_from >= at:
        post.grid_code, post.grid_path, post.grid_name, post.grid_tier = place.code, place.path, place.name, place.tier
        return post
    until, post.valid_to = post.valid_to, at
    successor = post_at(place, post.person, post.role, at, full_time=post.full_time, until=until)
    successor.counts_from = post.counts_from or post.valid_from
    session.add(successor)
    session.flush()
    audit.record(session, "post.move", "post", successor.id, follows=str(post.id), grid=place.code)
    return successor


def disable(session: Session, person: Person, *, by: uuid.UUID | None = None) -> None:
    """Nobody works by this account from now on. What its person made on any phone is handed over, and waits for a
    reviewer; whoever shares the phone goes on."""
    if person.disabled_at is None:
        person.disabled_at = clock.now()
        audit.record(session, "person.disable", "person", person.id, person_id=by)


def enable(session: Session, person: Person, *, by: uuid.UUID | None = None) -> None:
    """The account works again; its phones once their person has signed in."""
    if person.disabled_at is not None:
        person.disabled_at = None
        end_sessions(session, person)
        audit.record(session, "person.enable", "person", person.id, person_id=by)


def reaches(session: Session, actor: Actor, action: str, *person_ids: uuid.UUID) -> bool:
    """May the actor do `action` to one of these: to who holds or held a post in their part of the tree?"""
    if actor.everywhere(action):
        return True
    posts = select(Post.id).where(Post.person_id.in_(person_ids), actor.visible(action, Post.grid_path))
    return session.scalar(posts.limit(1)) is not None


def in_force(at: datetime) -> ColumnElement[bool]:
    """Posts that were held at an instant, as a condition."""
    return (Post.valid_from <= at) & _lasting(at)


def counting(at: datetime) -> ColumnElement[bool]:
    """The same, and those by which one of them goes on since boundaries changed: what was done then counts by both."""
    return (at >= COUNTED_FROM) & _lasting(at)


def _lasting(at: datetime) -> ColumnElement[bool]:
    return or_(Post.valid_to.is_(None), Post.valid_to > at)


def people_in_post(session: Session, role: str, grid_path: str, at: datetime) -> list[uuid.UUID]:
    """Whose post of `role` counts at `at` in this grid or above it, the nearest grid first, each person once."""
    reached = select(Post).join(Person).where(Post.role == role, Post.grid_path.in_(territory.upwards(grid_path)))
    working = reached.where(Person.disabled_at.is_(None), counting(at)).order_by(Post.valid_from, Post.id)
    nearest_first = sorted(session.scalars(working), key=lambda post: -len(post.grid_path))
    return list(dict.fromkeys(post.person_id for post in nearest_first))
