"""A problem is reported: from a phone with its position, or with a place that was chosen on the map (CJ-A1-8)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from backend.auth import roles
from backend.auth.actor import Actor
from backend.core import clock
from backend.core.errors import Forbidden
from backend.core.ids import new_id
from backend.evidence.act import Act
from backend.evidence.recusal import doubted
from backend.grids.locating import locate, stayed
from backend.policy.model import Policy
from backend.policy.service import book
from backend.problems import history, rules
from backend.problems.errors import NoPlace, UnknownClass
from backend.problems.models import Problem
from backend.sources.service import here


class Place(NamedTuple):
    """WGS 84."""

    lon: float
    lat: float
    accuracy_m: float | None


def place_of(act: Act, payload: dict[str, Any]) -> Place:
    """Where the problem is: what the person chose on the map, else where the phone was. Raises NoPlace."""
    if chosen := payload.get("place"):
        return Place(chosen["lon"], chosen["lat"], None)
    if act.position:
        return Place(act.position["lon"], act.position["lat"], act.position.get("accuracy_m"))
    raise NoPlace


def report(session: Session, act: Act, payload: dict[str, Any]) -> Problem:
    """Somebody found a problem; it lies in the grid of its place, by the boundaries of then.

    `payload` is as ReportPayload loads it. Raises NoPlace, UnknownClass, Deferred for a source that is not here, and
    Forbidden for posts that report nothing.
    """
    place, home = place_of(act, payload), _home(act.actor)
    policy = book().as_of(act.done_at)
    check_class(payload["kind"], policy)
    if payload.get("source_id"):
        here(session, payload["source_id"])
        act = doubted(session, act, payload["source_id"])
    located = locate(session, place.lon, place.lat, act.done_at, place.accuracy_m)
    where = rules.placed(
        located.path or None, located.ambiguous, [holding.grid_path for holding in act.actor.holdings], home
    )
    problem = Problem(
        id=act.operation_id or new_id(),
        grid_path=where.path,
        state="reported",
        kind=payload["kind"],
        severity=payload.get("severity"),
        note=payload["note"],
        source_id=payload.get("source_id"),
        stopped=payload.get("stopped"),
        lon=place.lon,
        lat=place.lat,
        findings=[*act.interval.findings, *act.findings, *where.findings, *_doubts(session, act, place)],
        reporter_id=act.actor.person_id,
        reported_at=act.done_at,
        policy=policy.label,
        event_count=0,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    session.add(problem)
    history.record(session, act, problem, "report", None, payload["note"], {"class": problem.kind})
    return problem


def check_class(kind: str, policy: Policy) -> None:
    """Raise UnknownClass unless the policy knows this class of problem."""
    if kind not in policy.problems.classes:
        raise UnknownClass(given=kind, known=list(policy.problems.classes))


def _doubts(session: Session, act: Act, place: Place) -> Iterator[str]:
    """The boundaries changed while nobody knows exactly when it was reported: the place may be another grid's."""
    earliest, latest = act.interval.span()
    if not stayed(session, place.lon, place.lat, earliest or latest, latest):
        yield "boundaries_changed"


def _home(actor: Actor) -> str:
    """The first grid in which this person reports problems."""
    for holding in actor.holdings:
        if roles.reach("problems.report", holding.role) != "-":
            return holding.grid_path
    raise Forbidden(needs_role=roles.roles_for("problems.report"), needs_grid=None)
