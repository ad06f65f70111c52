"""Posts as phones and consoles know them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth import territory
from backend.auth.models import Person, Post
from backend.core.instants import iso

PERSON_NAME = select(Person.name).where(Person.id == Post.person_id).scalar_subquery().label("person_name")
"""What a row of posts lacks: an object knows its person."""


def scope_keys(post: Post) -> frozenset[str]:
    """Seen by everyone on the way up, and by whose post it is."""
    return territory.scope_keys(post.grid_path) | {f"person:{post.person_id}"}


def records(_session: Session, posts: Sequence[Post]) -> list[dict[str, Any]]:
    """Wire records, JSON-ready, in the same order."""
    return [_record(post) for post in posts]


def _record(post: Post) -> dict[str, Any]:
    return {
        "id": str(post.id),
        "version": post.version,
        "person": {"id": str(post.person_id), "name": post.person_name},
        "role": post.role,
        "full_time": post.full_time,
        "grid": {"code": post.grid_code, "name": post.grid_name, "tier": post.grid_tier},
        "from": post.valid_from.isoformat(),
        "to": iso(post.valid_to),
    }
