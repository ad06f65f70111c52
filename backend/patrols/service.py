"""What people do on patrol: visit sources, complete other tasks, leave a track."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.ids import new_id
from backend.evidence.act import Act
from backend.evidence.recusal import doubted
from backend.patrols import forms, rules, tasks, tracks
from backend.patrols.answers import check_answers
from backend.patrols.errors import AnswersInvalid, OtherSource, TrackInvalid, VisitNeeded
from backend.patrols.models import Completion, Task, Track, Visit
from backend.policy.service import book
from backend.sources import service as sources
from backend.sources.models import Source
from geo.distance import haversine_m
from sync.evidence import Interval

NO_POSITION = "no_position"


def visit(session: Session, act: Act, payload: dict[str, Any]) -> Visit:
    """Operation `patrol.visit`; `payload` is what VisitPayload loads.

    The visit completes the task that it names, or else a task of the source for that day. Raises Deferred (source,
    task or form not here yet), Forbidden (a stranger's source), OtherSource, AnswersInvalid.
    """
    source = sources.here(session, payload["source_id"])
    sources.require_then(session, act, "visits.make", source)
    act = doubted(session, act, source.id)
    task = _named_task(session, payload["task_id"], source)
    form = payload["form"] or {"id": None, "version": None}
    _check(session, act, form, payload["answers"])
    if task is None:
        task = _fitting_task(session, act, source)
    made = Visit(
        id=act.operation_id or new_id(),
        grid_path=source.grid_path,
        source_id=source.id,
        task_id=task.id if task else None,
        form_id=form["id"],
        form_edition=form["version"],
        answers=payload["answers"],
        finding=payload["finding"],
        note=payload["note"] or "",
        at=act.done_at,
        distance_m=_distance(act, source),
        **act.columns(),
    )
    if act.position is None:
        made.findings = [*(made.findings or ()), NO_POSITION]
    session.add(made)
    if task is not None:
        _finish(task, act)
    return made


def _named_task(session: Session, task_id: uuid.UUID | None, source: Source) -> Task | None:
    if task_id is None:
        return None
    task = tasks.named(session, task_id)
    if task.source_id != source.id:
        raise OtherSource(task_id=str(task.id), source_id=str(task.source_id) if task.source_id else None)
    return task


def _check(session: Session, act: Act, form: dict[str, Any], answers: dict[str, Any]) -> None:
    if form["id"] is None:
        return
    asked = forms.edition(session, form["id"], form["version"])
    pictures = {photo["sha256"] for photo in act.photos}
    if faults := check_answers(asked.fields, answers, pictures):
        raise AnswersInvalid(errors=[fault | {"path": f"answers.{fault['path']}"} for fault in faults])


def _fitting_task(session: Session, act: Act, source: Source) -> Task | None:
    """The first task of the source that this work completes, of the days on which it may have been done."""
    unfinished = tasks.unfinished_of(session, source.id, _days(act))
    return next((task for task in unfinished if _counts(task, act)), None)


def _days(act: Act) -> list[date]:
    return rules.days_touched(act.interval.span(), book().zone)


def foresee(session: Session, work: Iterable[tuple[Act, dict[str, Any]]]) -> None:
    """Lock together the tasks that these acts, with their payloads, name or may complete."""
    named, wanted = set(), set()
    for act, payload in work:
        if payload.get("task_id"):
            named.add(payload["task_id"])
        elif payload.get("source_id"):
            wanted |= {(payload["source_id"], day) for day in _days(act)}
    tasks.lock_ahead(session, named, wanted)


def _distance(act: Act, source: Source) -> float | None:
    if act.position is None:
        return None
    return round(haversine_m(act.position["lon"], act.position["lat"], source.lon, source.lat), 1)


def verdict(task: Task, interval: Interval, received_at: datetime) -> rules.Verdict:
    """Was this work done on the task's day? By the policy that was in force when the task was made."""
    late = timedelta(days=book().as_of(task.created_at).patrols.accepted_late_days)
    return rules.judge(rules.day_bounds(task.day, book().zone), interval.span(), received_at, late)


def _counts(task: Task, act: Act) -> bool:
    return verdict(task, act.interval, act.received_at) == "met"


def _finish(task: Task, act: Act) -> None:
    """Work of the day makes the task done, an expired one too; whoever was first stays."""
    if task.state in rules.FINISHED and _counts(task, act):
        task.state = rules.FINISHED[task.state]
        task.done_by_operation, task.done_at = act.operation_id, act.done_at
        task.updated_at = clock.now()


def complete(session: Session, act: Act, payload: dict[str, Any]) -> Task:
    """Operation `task.complete`; `payload` is what CompletePayload loads.

    Work that is not of the task's day is kept and changes nothing. Raises Deferred, Forbidden (a stranger's task),
    VisitNeeded.
    """
    task = tasks.named(session, payload["task_id"])
    _require_then(session, act, task)
    act = doubted(session, act, task.source_id)
    if task.kind == "visit":
        raise VisitNeeded(task_id=str(task.id))
    made = Completion(id=act.operation_id or new_id(), task_id=task.id, note=payload["note"] or "", **act.columns())
    session.add(made)
    _finish(task, act)
    session.flush()
    return task


def _require_then(session: Session, act: Act, task: Task) -> None:
    """Raise Forbidden unless it is this person's to do where the task lies, or was at its source."""
    if task.source_id and not act.actor.may("visits.make", task.grid_path):
        sources.require_then(session, act, "visits.make", sources.here(session, task.source_id))
    else:
        act.actor.require("visits.make", task.grid_path)


def append_track(session: Session, act: Act, payload: dict[str, Any]) -> Track:
    """Operation `track.append`; `payload` is what TrackPayload loads. Raises TrackInvalid or a GeoError."""
    try:
        points = tracks.read(payload["points"], payload["datum"])
    except tracks.BadPoint as fault:
        raise TrackInvalid(path=f"points.{fault.place}", message=fault.message) from fault
    times = [at for _, _, at, _ in points]
    track = Track(
        id=act.operation_id or new_id(),
        first_at=min(times),
        last_at=max(times),
        count=len(points),
        points=tracks.pack(points),
        **act.columns(),
    )
    session.add(track)
    session.flush()
    return track
