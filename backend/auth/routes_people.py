"""Lists of posts and of the people who hold them; their accounts."""

import uuid
from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, select

from backend.auth import guard, roles
from backend.auth import people as register
from backend.auth.models import Person, Post
from backend.auth.people import in_force
from backend.auth.records import records
from backend.auth.schemas_people import Account, PeoplePage, PeopleQuery, PostPage, PostQuery
from backend.auth.territory import passes_through
from backend.core import clock
from backend.core.api import Blueprint
from backend.core.edge import session
from backend.core.errors import Forbidden, NotFound
from backend.core.paging import newest_first

blueprint = Blueprint("people", __name__, url_prefix="/api/v1", description="People and their posts")


@blueprint.route("/posts")
@blueprint.arguments(PostQuery, location="query")
@blueprint.response(200, PostPage)
def posts(query: dict[str, Any]) -> dict[str, Any]:
    """The posts of my part of the tree, and my own; the newest first."""
    visible = guard.actor().visible("posts.read", Post.grid_path)
    mine = Post.person_id == guard.actor().person_id
    wanted = select(Post).where(visible | mine, *_asked(query))
    if query["person_id"] is not None:
        wanted = wanted.where(Post.person_id == query["person_id"])
    if not query["history"]:
        wanted = wanted.where(in_force(clock.now()))
    rows, following = newest_first(session(), wanted, Post.id, query)
    return {"items": records(session(), [post for (post,) in rows]), "next": following}


@blueprint.route("/people")
@blueprint.arguments(PeopleQuery, location="query")
@blueprint.response(200, PeoplePage)
def people(query: dict[str, Any]) -> dict[str, Any]:
    """The people who hold a post in my part of the tree; the newest first."""
    shown = [guard.actor().visible("people.read", Post.grid_path), in_force(clock.now())]
    holders = select(Post.person_id).where(*shown, *_asked(query))
    wanted = select(Person).where(Person.id.in_(holders))
    if query["name"]:
        wanted = wanted.where(Person.name.contains(query["name"], autoescape=True))
    rows, following = newest_first(session(), wanted, Person.id, query)
    return {"items": _people([person for (person,) in rows], shown), "next": following}


@blueprint.route("/people/<uuid:person_id>/disable", methods=["POST"])
@blueprint.response(200, Account)
def disable(person_id: uuid.UUID) -> dict[str, Any]:
    """Nobody works by this account from now on; what its person made is handed over, and waits for a reviewer."""
    person = _kept(person_id)
    register.disable(session(), person, by=guard.actor().person_id)
    return _account(person)


@blueprint.route("/people/<uuid:person_id>/enable", methods=["POST"])
@blueprint.response(200, Account)
def enable(person_id: uuid.UUID) -> dict[str, Any]:
    """The account works again."""
    person = _kept(person_id)
    register.enable(session(), person, by=guard.actor().person_id)
    return _account(person)


def _kept(person_id: uuid.UUID) -> Person:
    """Somebody whose account this person keeps."""
    me, person = guard.actor(), session().get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound
    if register.reaches(session(), me, "people.disable", person_id):
        return person
    if register.reaches(session(), me, "people.read", person_id):
        raise Forbidden(needs_role=roles.roles_for("people.disable"))
    raise NotFound


def _account(person: Person) -> dict[str, Any]:
    return {"id": str(person.id), "name": person.name, "disabled": person.disabled_at is not None}


def _asked(query: dict[str, Any]) -> list[ColumnElement[bool]]:
    """What the query asks of a post."""
    asked = [Post.role == query["role"]] if query["role"] else []
    return [*asked, passes_through(Post.grid_path, query["grid"])] if query["grid"] else [*asked]


def _people(found: list[Person], shown: list[ColumnElement[bool]]) -> list[dict[str, Any]]:
    held: defaultdict[Any, list[Post]] = defaultdict(list)
    of_these = select(Post).where(Post.person_id.in_([person.id for person in found]), *shown)
    for post in session().scalars(of_these.order_by(Post.valid_from, Post.id)):
        held[post.person_id].append(post)
    return [
        {
            "id": str(person.id),
            "name": person.name,
            "phone": person.phone,
            "disabled": person.disabled_at is not None,
            "posts": records(session(), held[person.id]),
        }
        for person in found
    ]
