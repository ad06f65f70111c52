"""Phones that worked on a problem while they were out of coverage."""

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy.exc import DBAPIError

from backend.core import clock
from backend.core.edge import Application
from backend.core.errors import Forbidden
from backend.problems.errors import WrongState
from backend.problems.models import Problem, ProblemEvent
from sync.errors import Conflict, Deferred
from tests.backend.cast import Member
from tests.backend.conftest import Caller
from tests.backend.problems.conftest import Reported

Call = Callable[[str], Caller]
Led = Callable[[str], str]
Worked = Callable[..., str]


def version(caller: Caller, problem_id: str) -> int:
    found: int = caller.get(f"/problems/{problem_id}").json["version"]
    return found


def test_a_problem_that_is_not_here_is_waited_for(worked: Worked) -> None:
    missing = str(uuid.uuid4())
    with pytest.raises(Deferred) as deferred:
        worked("Aygul", "finish", missing)
    assert deferred.value.needs == [{"collection": "problems", "id": missing}]


def test_somebody_else_moved_it_meanwhile(call: Call, led: Led, worked: Worked) -> None:
    problem_id, aygul, ding = led("assigned"), call("Aygul"), call("Ding")
    seen = version(aygul, problem_id)
    plan = {"measures": "cover it", "target": "no dust"}
    assert ding.post(f"/problems/{problem_id}/plan", plan).status_code == 200
    with pytest.raises(Conflict) as conflict:
        worked("Aygul", "finish", problem_id, seen)
    assert (conflict.value.collection, str(conflict.value.record_id)) == ("problems", problem_id)
    assert worked("Aygul", "finish", problem_id, version(aygul, problem_id)) == "finished"


def test_ones_own_steps_and_arriving_pictures_are_no_conflict(
    app: Application, call: Call, led: Led, worked: Worked, hand: clock.Frozen
) -> None:
    problem_id = led("assigned")
    seen = version(call("Aygul"), problem_id)
    assert worked("Aygul", "progress", problem_id, seen) == "assigned"
    hand.move(minutes=1)
    with app.database.transaction() as session:
        session.get_one(Problem, uuid.UUID(problem_id)).updated_at = clock.now()  # a picture came
    assert version(call("Aygul"), problem_id) > seen + 1
    assert worked("Aygul", "finish", problem_id, seen) == "finished"


def test_work_that_was_handed_over_is_shown_as_a_conflict(
    call: Call, cast: dict[str, Member], led: Led, worked: Worked
) -> None:
    problem_id = led("assigned")
    seen = version(call("Aygul"), problem_id)
    call("Ding").post(f"/problems/{problem_id}/assign", {"person_id": str(cast["Bahar"].id)})
    with pytest.raises(Conflict):
        worked("Aygul", "finish", problem_id, seen)
    with pytest.raises(Forbidden):
        worked("Aygul", "finish", problem_id)


@pytest.mark.parametrize("outsider", ["Wang", "Xu", "Yang"])
def test_an_outsider_is_refused_and_not_shown_what_changed(led: Led, worked: Worked, outsider: str) -> None:
    problem_id = led("assigned")
    for base_version in (None, 1):
        with pytest.raises(Forbidden):
            worked(outsider, "finish", problem_id, base_version)


def test_finished_twice(led: Led, worked: Worked) -> None:
    problem_id = led("finished")
    with pytest.raises(WrongState) as refused:
        worked("Aygul", "finish", problem_id)
    assert refused.value.facts == {"action": "finish", "state": "finished", "allowed": ["accept", "reject"]}


def test_events_keep_their_evidence_and_cannot_be_changed(app: Application, reported: Reported) -> None:
    problem_id = uuid.UUID(reported("Aygul"))
    with app.database.transaction(write=False) as session:
        event = session.query(ProblemEvent).filter_by(problem_id=problem_id).one()
        assert event.operation_id == problem_id
        assert event.interval is not None
        assert event.interval["level"] == "claimed"
        assert event.position is not None
    for statement in ("UPDATE problem_events SET note = 'x'", "DELETE FROM problem_events"):
        with pytest.raises(DBAPIError, match="append-only"), app.database.engine.begin() as connection:
            connection.exec_driver_sql(statement)
