"""Who is told of an alarm."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth.models import Person, Post
from backend.auth.people import counting, people_in_post
from backend.auth.territory import ancestors, below
from backend.rota import service as rota
from backend.rota.service import DutyPost

COUNTY_DEPTH = 2


def county_path(path: str) -> str | None:
    """The path of the county or park above a grid, None above all of them."""
    codes = ancestors(path)
    return "/".join(codes[:COUNTY_DEPTH]) if len(codes) >= COUNTY_DEPTH else None


def in_charge(session: Session, path: str, roles: Iterable[str], at: datetime) -> list[uuid.UUID]:
    """Who held one of these roles at an instant, in the grid or on the way up, each person once."""
    found = [person for role in roles for person in people_in_post(session, role, path, at)]
    return list(dict.fromkeys(found))


def duty_post(session: Session, path: str, at: datetime) -> DutyPost:
    """The duty post of the county above a grid at an instant."""
    county = county_path(path)
    return rota.duty_post(session, county, at) if county else DutyPost("nobody", ())


def is_supervisor_below(session: Session, person_id: uuid.UUID, top: str, at: datetime) -> bool:
    """Does this person, whose account works, hold a supervisor's post, in force, in a grid or below it?"""
    posts = select(Post).join(Person).where(Post.person_id == person_id, Post.role == "supervisor")
    working = session.scalars(posts.where(Person.disabled_at.is_(None)))
    return any(below(post.grid_path, top) and post.in_force(at) for post in working)


def dispatched_counties(session: Session, person_id: uuid.UUID, at: datetime) -> frozenset[str]:
    """The paths of the counties for which this person may command, on duty or not."""
    posts = select(Post.grid_path).where(Post.person_id == person_id, Post.role == "dispatcher", counting(at))
    return frozenset(path for path in session.scalars(posts) if len(ancestors(path)) == COUNTY_DEPTH)


def duty_counties(session: Session, person_id: uuid.UUID, at: datetime) -> frozenset[str]:
    """The paths of the counties whose duty post this person is."""
    held = dispatched_counties(session, person_id, at)
    return frozenset(path for path in held if person_id in rota.duty_post(session, path, at).people)
