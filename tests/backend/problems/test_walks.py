"""Whatever people try, in whatever order: states, events and refusals agree."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from backend.core.edge import Application
from backend.core.errors import Forbidden
from backend.problems import history, reporting, rules, service
from backend.problems.errors import OwnWork, WrongState
from backend.problems.models import Problem
from backend.problems.schemas import ReportPayload
from tests.backend.cast import Member
from tests.backend.problems.conftest import REPORT, act_of

NAMES = ("Aygul", "Bahar", "Chen", "Ding", "Erkin", "Wang", "Xu")
TRIES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(rules.ACTIONS)), max_size=25)


@contextmanager
def undone(app: Application) -> Iterator[Session]:
    with app.app_context(), app.database.transaction() as session:
        yield session
        session.rollback()


def attempt(session: Session, cast: dict[str, Member], problem: Problem, name: str, action: str) -> str:
    said = {"person_id": cast["Bahar"].id, "unit": "水务局", "measures": "m", "target": "t", "note": "n"}
    try:
        service.move(session, act_of(cast[name]), problem, action, said)
    except WrongState:
        return "late"
    except (Forbidden, OwnWork):
        return "refused"
    return "done"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tries=TRIES)
def test_any_sequence_keeps_states_and_events_together(
    app: Application, cast: dict[str, Member], tries: list[tuple[str, str]]
) -> None:
    with undone(app) as session:
        problem = reporting.report(session, act_of(cast["Aygul"]), ReportPayload().load(REPORT))
        for name, action in tries:
            before, count = problem.state, problem.event_count
            outcome = attempt(session, cast, problem, name, action)
            assert problem.event_count == count + (outcome == "done")
            assert outcome == "done" or problem.state == before
            assert outcome != "late" or action not in rules.allowed(before)
            assert outcome == "refused" or name not in ("Wang", "Xu")
        events = history.of(session, problem.id)
        assert rules.replay((event.type, event.from_state, event.to_state) for event in events) == problem.state
        assert [event.sequence for event in events] == list(range(1, problem.event_count + 1))
        assert (problem.number is None) == ("register" not in {event.type for event in events})
        if problem.accepted_by:
            assert problem.accepted_by != problem.finished_by


def test_two_who_act_at_once_come_one_after_the_other(app: Application, cast: dict[str, Member]) -> None:
    with app.app_context(), app.database.transaction() as session:
        problem_id = reporting.report(session, act_of(cast["Aygul"]), ReportPayload().load(REPORT)).id

    def register(name: str) -> str:
        with app.app_context(), app.database.transaction() as session:
            try:
                service.move(session, act_of(cast[name]), service.locked(session, problem_id), "register", {})
            except WrongState:
                return "late"
            return "first"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(register, ["Chen", "Ding", "Erkin", "Chen"]))
    assert outcomes == ["first", "late", "late", "late"]
