"""What phones may pull and push: the only file where sync meets the domain."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import marshmallow as ma
import sqlalchemy as sa
from flask import g, has_request_context, request
from sqlalchemy.orm import Session

from backend.alarms import answers, delivery
from backend.alarms import records as alarm_records
from backend.alarms import schemas as alarm_schemas
from backend.alarms.models import Alarm
from backend.auth import guard, recusals, roles, territory
from backend.auth import records as post_records
from backend.auth.actor import Holding
from backend.auth.models import Post
from backend.core import clock
from backend.core.api import beyond, faults_of
from backend.core.database import Base, remembered
from backend.core.errors import SPEAKING_FAMILIES, as_problem
from backend.core.errors import Problem as Refusal
from backend.evidence import service as evidence
from backend.evidence.act import Act
from backend.evidence.examination import Examined
from backend.evidence.possession import Claim
from backend.grids import locating
from backend.grids import records as grid_records
from backend.grids.models import Grid
from backend.notices import records as notice_records
from backend.notices.models import Notice
from backend.patrols import records as patrol_records
from backend.patrols import schemas as patrol_schemas
from backend.patrols import service as patrols
from backend.patrols.models import Form, Task, Visit
from backend.problems import records as problem_records
from backend.problems import reporting
from backend.problems import schemas as problem_schemas
from backend.problems import service as problems
from backend.problems.models import Problem
from backend.sources import records as source_records
from backend.sources import schemas as source_schemas
from backend.sources import service as sources
from backend.sources.models import Source
from backend.stations import records as station_records
from backend.stations.models import Station
from geo.crs import to_wgs84
from sync.catalog import Catalog, Collection, Device, Operation, OperationType
from sync.errors import PayloadInvalid
from sync.tables import SyncTables
from sync.touching import touch

TABLES = SyncTables(Base.metadata)

READ_BY = {
    "posts": "posts.read",
    "sources": "sources.read",
    "stations": "stations.read",
    "tasks": "tasks.read",
    "alarms": "alarms.read",
    "problems": "problems.read",
}
"""The action that opens a collection to a post's part of the tree. Grids, forms and notices have rules of their own."""


Keys = Callable[[Any], frozenset[str]]
Wire = Callable[[Session, Sequence[Any]], list[dict[str, Any]]]


def _collection(
    name: str, model: type[Any], scope_keys: Keys, wire: Wire, more: tuple[sa.Label[Any], ...] = ()
) -> Collection:
    """A collection whose keys in the tree carry its name, so that roles open each collection by itself."""

    def keys(record: Any) -> frozenset[str]:
        return frozenset(_named(name, key) for key in scope_keys(record))

    def records(session: Session, found: Sequence[Any], _device: Device) -> list[dict[str, Any]]:
        return wire(session, found)

    return Collection(name, model, keys, records, more)


def _named(collection: str, key: str) -> str:
    kind, _, code = key.partition(":")
    return f"{collection}:{code}" if kind == "grid" else key


def _alarm_records(session: Session, found: Sequence[Alarm]) -> list[dict[str, Any]]:
    """Alarms leave with a pull; whom they reach by it is written once the answer is ready.

    Only with a pull: results of a push may be other phones', and background work shows nobody anything.
    """
    if has_request_context() and request.method == "GET":
        waiting = [alarm.id for alarm in found if delivery.waits(alarm)]
        g.alarms_shown = [*g.get("alarms_shown", []), *waiting]
    return alarm_records.records(session, found)


COLLECTIONS = (
    _collection("grids", Grid, grid_records.scope_keys, grid_records.records),
    _collection("posts", Post, post_records.scope_keys, post_records.records, (post_records.PERSON_NAME,)),
    _collection("sources", Source, source_records.scope_keys, source_records.records),
    _collection("stations", Station, station_records.scope_keys, station_records.records),
    _collection("tasks", Task, patrol_records.task_scope_keys, patrol_records.task_records),
    _collection("alarms", Alarm, alarm_records.scope_keys, _alarm_records),
    _collection("problems", Problem, problem_records.scope_keys, problem_records.records),
    _collection("forms", Form, patrol_records.form_scope_keys, patrol_records.form_records),
    _collection("notices", Notice, notice_records.scope_keys, notice_records.records),
)
NAMES = {collection.model: collection.name for collection in COLLECTIONS}


def scope_of(person_id: uuid.UUID, holdings: Iterable[Holding]) -> frozenset[str]:
    """What a person sees: what their posts open, the grids on the way up, and what is theirs."""
    keys = {"all", f"person:{person_id}"}
    for post in holdings:
        opened = [name for name, action in READ_BY.items() if roles.reach(action, post.role) in ("grid", "all")]
        way = territory.ancestors(post.grid_path)
        keys |= {f"{name}:{way[-1]}" for name in ("grids", *opened)}
        keys |= {f"own:{code}" for code in way}
    return frozenset(keys)


Verb = Callable[[Session, Act, dict[str, Any]], Any]


def _operation(name: str, schema: type[ma.Schema], verb: Verb, upon: tuple[str, str] | None = None) -> OperationType:
    """An operation that `verb(session, act, payload)` carries out; it returns the record to answer with, or None."""
    known = schema()

    def check(payload: dict[str, Any]) -> dict[str, Any]:
        try:
            loaded: dict[str, Any] = known.load(payload)
        except ma.ValidationError as error:
            faults = faults_of(error.messages)
            raise PayloadInvalid(faults[0]["path"], faults[0]["message"], errors=faults) from error
        return loaded

    def apply(session: Session, operation: Operation) -> tuple[str, uuid.UUID] | None:
        act = act_of(session, operation)
        record = verb(session, act, operation.payload)
        if record is None:
            return None
        collection = NAMES.get(type(record))
        if operation.photos:
            path = getattr(record, "grid_path", None)
            source_id = getattr(record, "source_id", None)
            evidence.promise(session, act, operation.photos, collection, record.id, path, source_id)
        if isinstance(record, Visit) and record.task_id:  # visits do not travel; what they do to a task does
            return "tasks", record.task_id
        return (collection, record.id) if collection else None

    return OperationType(name, check, apply, partial(beyond, known), upon)


def act_of(session: Session, operation: Operation) -> Act:
    """An operation as the domain knows it: by the posts in force when it may have been done, its position in WGS 84.

    Without an anchor nothing says that it was done before it came: then the posts of its receipt count.
    """
    interval = operation.interval
    earliest, latest = interval.span()
    posts = _posts(session, operation.person_id)
    return Act(
        actor=guard.actor_during(posts, operation.person_id, operation.device_id, earliest or latest, latest),
        received_at=operation.received_at,
        interval=interval,
        operation_id=operation.id,
        position=_wgs84(operation.position),
        photos=tuple(operation.photos),
        held_for_review=operation.held_for_review,
    )


def _posts(session: Session, person_id: uuid.UUID) -> guard.Posts:
    """Read once for all operations of a transaction: none of them appoints anybody."""
    known: dict[uuid.UUID, guard.Posts] = remembered(session).setdefault("posts", {})
    if person_id not in known:
        known[person_id] = guard.posts_of(session, person_id)
    return known[person_id]


def _wgs84(position: dict[str, Any] | None) -> dict[str, Any] | None:
    if position is None:
        return None
    lon, lat = to_wgs84(position["lon"], position["lat"], position["datum"])
    return {**position, "lon": lon, "lat": lat, "datum": "WGS84"}


def _progress(session: Session, act: Act, payload: dict[str, Any]) -> Problem:
    return problems.move_offline(session, act, "progress", payload)


def _finish(session: Session, act: Act, payload: dict[str, Any]) -> Problem:
    return problems.move_offline(session, act, "finish", payload)


OPERATIONS = (
    _operation("patrol.visit", patrol_schemas.VisitPayload, patrols.visit),
    _operation("problem.report", problem_schemas.ReportPayload, reporting.report),
    _operation("problem.progress", problem_schemas.WorkPayload, _progress, ("problems", "problem_id")),
    _operation("problem.finish", problem_schemas.WorkPayload, _finish, ("problems", "problem_id")),
    _operation("alarm.accept", alarm_schemas.AcceptPayload, answers.accept),
    _operation("alarm.onsite", alarm_schemas.OnsitePayload, answers.answer_onsite),
    _operation("alarm.disposal", alarm_schemas.DisposalPayload, answers.answer_disposal),
    _operation("task.complete", patrol_schemas.CompletePayload, patrols.complete),
    _operation("source.propose", source_schemas.ProposePayload, sources.propose, ("sources", "source_id")),
    _operation("track.append", patrol_schemas.TrackPayload, patrols.append_track),
)


def problem_of(fault: Exception) -> dict[str, Any] | None:
    """Our refusals as they stand in a result. Results are kept and replayed, so they speak both languages."""
    if isinstance(fault, (Refusal, *SPEAKING_FAMILIES)):
        return {name: fact for name, fact in as_problem(fault).items() if name not in ("type", "status")}
    return None


def record_promises(session: Session, operation: Operation) -> None:
    evidence.promise(session, act_of(session, operation), operation.photos)


def foresee(session: Session, operations: Sequence[Operation]) -> None:
    """What a chunk of operations will ask for one by one, read together."""
    evidence.foresee(session, {each.id: (each.device_id, each.photos) for each in operations if each.photos})
    locating.foresee(session)
    spoken_of = {source for each in operations if (source := each.payload.get("source_id"))}
    sources.foresee(session, spoken_of)
    recusals.foresee(session, spoken_of)
    visits = [each for each in operations if each.type in ("patrol.visit", "task.complete")]
    patrols.foresee(session, [(act_of(session, each), each.payload) for each in visits])


CATALOG = Catalog(
    collections=COLLECTIONS,
    operation_types=OPERATIONS,
    problem_of=problem_of,
    awaited_photos=lambda session, device: evidence.awaited(session, device.id),
    awaits_photos=evidence.AWAITS_ANY,
    record_promises=record_promises,
    foresee=foresee,
)


def on_pictures(session: Session, pictures: Mapping[Claim, Examined]) -> None:
    """Devices have sent these pictures: note them, and let the records for which they promised them travel again."""
    _tell_of(session, evidence.keep(session, pictures))


def on_picture_claimed(session: Session, claim: Claim) -> None:
    """A device begins to send again what it has sent."""
    _tell_of(session, evidence.claimed(session, claim))


def _tell_of(session: Session, arrived: evidence.Records) -> None:
    for collection in COLLECTIONS:
        if ids := arrived.get(collection.name):
            touch(session, TABLES, collection, ids, clock.now())
