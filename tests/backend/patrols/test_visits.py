"""Aygul on patrol, Bahar in the next village, Wang far away."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from marshmallow import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.errors import Forbidden
from backend.core.ids import new_id
from backend.patrols import forms, jobs, records, service, tracks
from backend.patrols.errors import AnswersInvalid, FormInvalid, OtherSource, TrackInvalid, VisitNeeded
from backend.patrols.models import Completion, Task, Track, Visit
from backend.patrols.schemas import CompletePayload, TrackPayload, VisitPayload
from backend.sources.models import Source
from geo.errors import UnknownDatumError
from sync.errors import Deferred
from tests.backend.cast import IN_A1, MONDAY, VILLAGE_A1, Member
from tests.backend.patrols.conftest import FIELDS, ON_THE_WIRE, MakeAct, general_form, source

PICTURE = {"sha256": "a" * 64, "size": 5, "media_type": "image/jpeg"}
Morning = tuple[Source, Task]


@pytest.fixture
def morning(db: Session) -> Morning:
    """Monday, nine o'clock: a source and its task."""
    mill = source(db, "木材厂")
    jobs.turn_of_day(db)
    return mill, db.scalars(select(Task)).one()


def payload(of: Source, **other: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = VisitPayload().load({"source_id": str(of.id), "finding": "none", **other})
    return loaded


def test_a_visit_completes_its_task(db: Session, morning: Morning, act: MakeAct) -> None:
    mill, task = morning
    mine = act("Aygul", position=IN_A1 | {"lon": 87.051})
    made = service.visit(db, mine, payload(mill, task_id=str(task.id), note="正常"))
    assert (made.id, made.task_id, made.grid_path, made.at) == (mine.operation_id, task.id, VILLAGE_A1, MONDAY)
    assert made.distance_m == pytest.approx(80, abs=1)
    assert made.findings is None
    assert (task.state, task.done_by_operation, task.done_at) == ("done", mine.operation_id, MONDAY)


def test_a_visit_without_its_task_finds_it(db: Session, morning: Morning, act: MakeAct) -> None:
    mill, task = morning
    made = service.visit(db, act("Aygul"), payload(mill))
    assert (made.task_id, task.state) == (task.id, "done")
    assert made.findings == ["no_position"]
    more = service.visit(db, act("Aygul"), payload(mill))
    assert more.task_id is None


def test_the_first_visit_stays_the_one_that_did_it(db: Session, morning: Morning, act: MakeAct) -> None:
    mill, task = morning
    first = act("Aygul")
    service.visit(db, first, payload(mill, task_id=str(task.id)))
    service.visit(db, act("Aygul"), payload(mill, task_id=str(task.id)))
    assert task.done_by_operation == first.operation_id


@pytest.mark.parametrize("named", [True, False])
def test_a_visit_of_the_day_received_late_turns_expired_into_done(
    db: Session, morning: Morning, act: MakeAct, hand: clock.Frozen, named: bool
) -> None:
    mill, task = morning
    hand.set(MONDAY + timedelta(days=1, hours=-5))
    jobs.turn_of_day(db)
    assert task.state == "expired"
    offline = act("Aygul", made=MONDAY + timedelta(hours=2))
    made = service.visit(db, offline, payload(mill, **({"task_id": str(task.id)} if named else {})))
    assert (task.state, task.done_by_operation) == ("done", offline.operation_id)
    assert task.done_at == made.at == MONDAY + timedelta(hours=2)
    assert records.visit_records(db, [made])[0]["verdict"] == "met"


def test_a_visit_of_the_next_day_leaves_it_expired(
    db: Session, morning: Morning, act: MakeAct, hand: clock.Frozen
) -> None:
    mill, task = morning
    hand.set(MONDAY + timedelta(days=1, hours=-5))
    jobs.turn_of_day(db)
    late = service.visit(db, act("Aygul"), payload(mill, task_id=str(task.id)))
    unclear = service.visit(db, act("Aygul", since=MONDAY), payload(mill, task_id=str(task.id)))
    assert task.state == "expired"
    verdicts = [record["verdict"] for record in records.visit_records(db, [late, unclear])]
    assert verdicts == ["breached", "undetermined"]


def test_very_late_is_too_late(db: Session, morning: Morning, act: MakeAct, hand: clock.Frozen) -> None:
    mill, task = morning
    hand.move(days=31)
    service.visit(db, act("Aygul", made=MONDAY), payload(mill, task_id=str(task.id)))
    assert task.state == "open"  # the job has not run; the visit is kept and does not count
    assert db.scalar(select(func.count()).select_from(Visit)) == 1


def test_strangers_are_refused(db: Session, morning: Morning, act: MakeAct) -> None:
    mill, task = morning
    for name in ("Wang", "Bahar", "Chen", "Ding"):
        with pytest.raises(Forbidden):
            service.visit(db, act(name), payload(mill, task_id=str(task.id)))
    assert task.state == "open"
    assert db.scalar(select(func.count()).select_from(Visit)) == 0


def test_what_is_not_here_yet_is_waited_for(db: Session, morning: Morning, act: MakeAct) -> None:
    mill, _ = morning
    unknown = str(new_id())
    cases: list[tuple[str, dict[str, Any]]] = [
        ("sources", {"source_id": unknown}),
        ("tasks", {"task_id": unknown}),
        ("forms", {"form": {"id": unknown, "version": 1}}),
    ]
    for collection, other in cases:
        with pytest.raises(Deferred) as waits:
            service.visit(db, act("Aygul"), payload(mill, **other))
        assert waits.value.needs == [{"collection": collection, "id": unknown}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"finding": "perhaps"},
        {"form": {"id": str(new_id()), "version": 2**31}},
        {"form": {"id": str(new_id()), "version": 0}},
        {"task_id": "1"},
        {"answers": []},
        {"note": "x" * 5001},
    ],
)
def test_a_payload_of_the_wrong_shape_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        VisitPayload().load({"source_id": str(new_id()), "finding": "none", **wrong})


def test_a_note_may_be_left_out_or_null(db: Session, morning: Morning, act: MakeAct) -> None:
    for other in ({}, {"note": None}):
        assert service.visit(db, act("Aygul"), payload(morning[0], **other)).note == ""


def test_a_task_is_about_its_own_source(db: Session, morning: Morning, act: MakeAct) -> None:
    other = source(db, "砖厂")
    with pytest.raises(OtherSource):
        service.visit(db, act("Aygul"), payload(other, task_id=str(morning[1].id)))


def test_answers_follow_the_edition_that_was_answered(db: Session, morning: Morning, act: MakeAct) -> None:
    mill, _ = morning
    form = general_form(db)
    forms.publish(db, "新表", [*FIELDS, {"name": "smell", "label": {}, "type": "text", "required": True}], (), form.id)
    assert form.edition == 2
    old, new = {"id": str(form.id), "version": 1}, {"id": str(form.id), "version": 2}
    answers = {"running": True, "gate": PICTURE["sha256"]}
    made = service.visit(db, act("Aygul", photos=(PICTURE,)), payload(mill, form=old, answers=answers))
    assert (made.form_id, made.form_edition, made.answers) == (form.id, 1, answers)
    with pytest.raises(AnswersInvalid) as refused:
        service.visit(db, act("Aygul"), payload(mill, form=new, answers=answers))
    assert [fault["path"] for fault in refused.value.facts["errors"]] == ["answers.gate", "answers.smell"]
    with pytest.raises(Deferred):
        service.visit(db, act("Aygul"), payload(mill, form=old | {"version": 3}, answers=answers))


def test_a_faulty_form_is_not_published(db: Session) -> None:
    with pytest.raises(FormInvalid):
        forms.publish(db, "错", [{"name": "a", "label": {}, "type": "choice"}])


def check_task(session: Session, morning: Morning, assignee: Member) -> Task:
    task = Task(
        kind="check",
        grid_path=VILLAGE_A1,
        assignee_id=assignee.id,
        day=morning[1].day,
        due_at=MONDAY,
        policy="changji@1",
        created_at=MONDAY,
        updated_at=MONDAY,
    )
    session.add(task)
    session.flush()
    return task


def test_other_tasks_are_completed_by_saying_so(
    db: Session, morning: Morning, act: MakeAct, cast: dict[str, Member]
) -> None:
    task = check_task(db, morning, cast["Aygul"])
    given = CompletePayload().load({"task_id": str(task.id), "note": "已核查", "newer": 1})
    with pytest.raises(Forbidden):
        service.complete(db, act("Wang"), given)
    mine = act("Aygul")
    assert service.complete(db, mine, given) is task
    assert (task.state, task.done_by_operation) == ("done", mine.operation_id)
    kept = db.scalars(select(Completion)).one()
    assert (kept.id, kept.note, kept.person_id) == (mine.operation_id, "已核查", cast["Aygul"].id)


def test_a_visit_task_needs_a_visit(db: Session, morning: Morning, act: MakeAct) -> None:
    with pytest.raises(VisitNeeded):
        service.complete(db, act("Aygul"), {"task_id": morning[1].id, "note": ""})
    with pytest.raises(Deferred):
        service.complete(db, act("Aygul"), {"task_id": new_id(), "note": ""})


def test_a_track_is_one_blob(db: Session, act: MakeAct, cast: dict[str, Member]) -> None:
    points = [[87.01, 44.02, "2026-11-23T09:00:05+08:00", 8], [87.0, 44.0, "2026-11-23T09:00:00+08:00", None]]
    mine = act("Aygul")
    made = service.append_track(db, mine, TrackPayload().load({"points": points}))
    db.expire(made)
    kept = db.scalars(select(Track)).one()
    assert (kept.id, kept.count, kept.person_id) == (mine.operation_id, 2, cast["Aygul"].id)
    assert (kept.first_at, kept.last_at) == (MONDAY, MONDAY + timedelta(seconds=5))
    assert tracks.unpack(kept.points) == [
        (87.01, 44.02, MONDAY + timedelta(seconds=5), 8),
        (87.0, 44.0, MONDAY, None),
    ]


@pytest.mark.parametrize(
    "point",
    [
        7,
        [],
        [87, 44],
        [True, 44, "2026-11-23T09:00:00+08:00", 1],
        [87, "44", "2026-11-23T09:00:00+08:00", 1],
        [87, 44, "2026-11-23T09:00:00", 1],
        [87, 44, 5, 1],
        [87, 44, "2026-11-23T09:00:00+08:00", "near"],
    ],
)
def test_a_faulty_point_is_named(db: Session, act: MakeAct, point: Any) -> None:
    good = [87, 44, "2026-11-23T09:00:00+08:00", 1]
    with pytest.raises(TrackInvalid) as refused:
        service.append_track(db, act("Aygul"), {"points": [good, point], "datum": "WGS84"})
    assert refused.value.facts["path"] == "points.1"


def test_a_track_of_an_unknown_datum_is_refused(db: Session, act: MakeAct) -> None:
    given = TrackPayload().load({"points": [[87, 44, "2026-11-23T09:00:00+08:00", 1]], "datum": "BD09"})
    with pytest.raises(UnknownDatumError):
        service.append_track(db, act("Aygul"), given)


def test_what_a_task_looks_like_on_the_wire(db: Session, morning: Morning, cast: dict[str, Member]) -> None:
    mill, task = morning
    assert orjson.loads(orjson.dumps(records.task_records(db, [task]))) == [
        {
            "id": str(task.id),
            "version": 1,
            "kind": "visit",
            "source_id": str(mill.id),
            "grid": "652301001001",
            "path": VILLAGE_A1,
            "assignee_id": str(cast["Aygul"].id),
            "day": "2026-11-23",
            "number": 1,
            "due_at": "2026-11-23T14:00:00+00:00",
            "form": None,
            "state": "open",
            "done_by_operation": None,
            "done_at": None,
        }
    ]
    keys = {f"grid:{code}" for code in VILLAGE_A1.split("/")}
    assert records.task_scope_keys(task) == keys | {f"person:{cast['Aygul'].id}"}
    form = general_form(db)
    assert records.form_scope_keys(form) == {"all"}
    assert records.form_records(db, [form]) == [
        {"id": str(form.id), "version": 1, "title": "日常巡查", "fields": ON_THE_WIRE}
    ]
