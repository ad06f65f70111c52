"""The rota of a county: entering turns, taking them off, and who is the duty post at an instant."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.auth.actor import Actor
from backend.auth.models import Person, Post
from backend.auth.people import Place, counting
from backend.core import clock
from backend.core.errors import NotFound
from backend.grids.models import Grid
from backend.grids.service import place_of
from backend.policy.service import book
from backend.rota.errors import NotDispatcher, TurnGone, TurnOver
from backend.rota.models import Turn

COUNTY_TIER = 2


@dataclass(frozen=True)
class Plan:
    """Who is to be on duty, from when until when."""

    person_id: uuid.UUID
    begins_at: datetime
    ends_at: datetime
    note: str = ""


@dataclass(frozen=True)
class DutyPost:
    """Who is on duty at an instant, and by what: the rota, or everyone since it has nobody, or nobody at all."""

    by: Literal["rota", "everyone", "nobody"]
    people: tuple[uuid.UUID, ...]


def duty_post(session: Session, county_path: str, at: datetime) -> DutyPost:
    """The county's supervisors on duty: those on the rota as it was known then, who still hold the post.

    Where the rota has nobody, policy says whether every dispatcher of the county is on duty.
    """
    dispatchers = set(session.scalars(_dispatchers(county_path).where(counting(at))))
    on_rota = set(session.scalars(select(Turn.person_id).where(_standing(county_path, at), _covers(at)))) & dispatchers
    if on_rota:
        return DutyPost("rota", tuple(sorted(on_rota)))
    if dispatchers and book().as_of(at).alarms.duty.everyone_where_rota_is_empty:
        return DutyPost("everyone", tuple(sorted(dispatchers)))
    return DutyPost("nobody", ())


def _dispatchers(county_path: str) -> Select[uuid.UUID]:
    working = select(Post.person_id).join(Person, Person.id == Post.person_id).where(Person.disabled_at.is_(None))
    return working.where(Post.grid_path == county_path, Post.role == "dispatcher")


def _standing(county_path: str, known_at: datetime) -> ColumnElement[bool]:
    """Turns of a county that stood on its rota at an instant, whenever they are."""
    stood = (Turn.made_at <= known_at) & or_(Turn.removed_at.is_(None), Turn.removed_at > known_at)
    return (Turn.grid_path == county_path) & stood


def _covers(at: datetime) -> ColumnElement[bool]:
    return (Turn.begins_at <= at) & (Turn.ends_at > at)


def county(session: Session, code: str) -> Place:
    """A county or park by its code. Raises NotFound for anything else."""
    place = place_of(session, code)
    if place.tier != COUNTY_TIER:
        raise NotFound(county=code)
    return place


def counties(session: Session) -> list[Place]:
    """Every county and park, by code."""
    drawn = session.scalars(select(Grid).where(Grid.tier == COUNTY_TIER, Grid.kind == "tier").order_by(Grid.code))
    return [Place(grid.code, grid.grid_path, grid.name, grid.tier) for grid in drawn]


def turns(session: Session, county_path: str, since: datetime, until: datetime, known_at: datetime) -> Sequence[Turn]:
    """The turns that touch a span, the first one first, as the rota stood at `known_at`."""
    touching = (Turn.begins_at < until) & (Turn.ends_at > since)
    wanted = select(Turn).where(_standing(county_path, known_at), touching)
    return session.scalars(wanted.order_by(Turn.begins_at, Turn.id)).all()


def enter(session: Session, place: Place, plan: Plan, by: uuid.UUID | None = None) -> Turn:
    """Put a turn on a county's rota. Turns may overlap: then several are on duty. Raises TurnOver, NotDispatcher."""
    turn = _enter(session, place.path, plan, by)
    audit.record(session, "rota.enter", "turn", turn.id, person_id=by, on_duty=str(plan.person_id))
    return turn


def _enter(
    session: Session, county_path: str, plan: Plan, by: uuid.UUID | None, replaces: uuid.UUID | None = None
) -> Turn:
    now = clock.now()
    if plan.ends_at <= now:
        raise TurnOver(ends_at=plan.ends_at.isoformat(), now=now.isoformat())
    held = (Post.valid_from < plan.ends_at) & or_(Post.valid_to.is_(None), Post.valid_to > plan.begins_at)
    if session.scalar(_dispatchers(county_path).where(held, Post.person_id == plan.person_id).limit(1)) is None:
        code = county_path.rsplit("/", 1)[-1]
        raise NotDispatcher(person_id=str(plan.person_id), needs_role=["dispatcher"], needs_grid=code)
    turn = Turn(
        grid_path=county_path,
        person_id=plan.person_id,
        begins_at=plan.begins_at,
        ends_at=plan.ends_at,
        note=plan.note,
        replaces=replaces,
        made_at=now,
        made_by=by,
    )
    session.add(turn)
    session.flush()
    return turn


def kept(session: Session, actor: Actor, turn_id: uuid.UUID) -> Turn:
    """A turn that this person may change, locked. Raises NotFound, Forbidden, TurnGone, TurnOver."""
    turn = session.scalar(select(Turn).where(Turn.id == turn_id).with_for_update(of=Turn))
    if turn is None:
        raise NotFound(turn_id=str(turn_id))
    actor.require("rota.keep", turn.grid_path)
    if turn.removed_at is not None:
        after = session.scalar(select(Turn.id).where(Turn.replaces == turn.id))
        raise TurnGone(
            turn_id=str(turn.id), removed_at=turn.removed_at.isoformat(), replaced_by=str(after) if after else None
        )
    if turn.ends_at <= clock.now():
        raise TurnOver(ends_at=turn.ends_at.isoformat(), now=clock.now().isoformat())
    return turn


def change(session: Session, turn: Turn, plan: Plan, by: uuid.UUID) -> Turn:
    """Another turn in the place of one that is `kept`. Raises TurnOver, NotDispatcher."""
    following = _enter(session, turn.grid_path, plan, by, replaces=turn.id)
    _take_off(turn, by)
    audit.record(session, "rota.change", "turn", turn.id, person_id=by, replaced_by=str(following.id))
    session.flush()
    return following


def remove(session: Session, turn: Turn, by: uuid.UUID) -> None:
    """Take a turn that is `kept` off the rota from now on; one that is running ends here."""
    _take_off(turn, by)
    audit.record(session, "rota.remove", "turn", turn.id, person_id=by)
    session.flush()


def _take_off(turn: Turn, by: uuid.UUID) -> None:
    turn.removed_at, turn.removed_by = clock.now(), by
