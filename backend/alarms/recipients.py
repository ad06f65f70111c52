"""Who is told of an alarm."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth.models import Post
from backend.auth.people import in_force, people_in_post
from backend.auth.territory import ancestors, below

COUNTY_DEPTH = 2


def county_path(path: str) -> str | None:
    """The path of the county or park above a grid, None above all of them."""
    codes = ancestors(path)
    return "/".join(codes[:COUNTY_DEPTH]) if len(codes) >= COUNTY_DEPTH else None


def in_charge(session: Session, path: str, roles: Iterable[str], at: datetime) -> list[uuid.UUID]:
    """Who held one of these roles at an instant, in the grid or on the way up, each person once."""
    found = [person for role in roles for person in people_in_post(session, role, path, at)]
    return list(dict.fromkeys(found))


def duty_post(session: Session, path: str, at: datetime) -> list[uuid.UUID]:
    """The county's supervisors on duty: who held a dispatcher's post of the county itself."""
    posts = select(Post.person_id).where(Post.grid_path == county_path(path), Post.role == "dispatcher", in_force(at))
    return list(session.scalars(posts.distinct().order_by(Post.person_id)))


def is_supervisor_below(session: Session, person_id: uuid.UUID, top: str, at: datetime) -> bool:
    """Does this person hold a supervisor's post, in force, in a grid or below it?"""
    posts = session.scalars(select(Post).where(Post.person_id == person_id, Post.role == "supervisor"))
    return any(below(post.grid_path, top) and post.in_force(at) for post in posts)


def duty_counties(session: Session, person_id: uuid.UUID, at: datetime) -> frozenset[str]:
    """The paths of the counties whose duty post this person holds."""
    posts = session.scalars(select(Post).where(Post.person_id == person_id, Post.role == "dispatcher"))
    return frozenset(
        post.grid_path for post in posts if post.in_force(at) and len(ancestors(post.grid_path)) == COUNTY_DEPTH
    )
