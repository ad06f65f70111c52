"""Problems in every stage, and phones that work on them."""

import itertools
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from backend.auth.actor import Actor, Holding
from backend.core import clock
from backend.core.edge import Application
from backend.core.ids import new_id
from backend.evidence.act import Act
from backend.problems import reporting, service
from backend.problems.schemas import ReportPayload, WorkPayload
from sync.evidence import Interval
from tests.backend.cast import IN_A1, Member
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]
AT = {"lon": 87.05, "lat": 44.05}
REPORT = {"class": "dust", "note": "扬尘"}
PLACE = AT | {"datum": "WGS84", "chosen_on_map": True}


def actor_of(member: Member) -> Actor:
    return Actor(member.id, uuid.uuid5(member.id, "phone"), (Holding(member.role, member.grid_path),))


def act_of(member: Member, position: dict[str, Any] | None = IN_A1) -> Act:
    """Something that a phone sent just now, with the operation's id."""
    now = clock.now()
    return Act(
        actor_of(member), now, Interval(None, None, None, now, "claimed", findings=("no_anchor",)), new_id(), position
    )


Reported = Callable[..., str]


@pytest.fixture
def reported(app: Application, cast: dict[str, Member]) -> Reported:
    """`reported("Aygul", **payload)`: reported from a phone; returns the problem's id."""

    def do(name: str, position: dict[str, Any] | None = IN_A1, **payload: Any) -> str:
        with app.app_context(), app.database.transaction() as session:
            loaded = ReportPayload().load(REPORT | payload)
            return str(reporting.report(session, act_of(cast[name], position), loaded).id)

    return do


@pytest.fixture
def worked(app: Application, cast: dict[str, Member]) -> Callable[..., str]:
    """`worked("Aygul", "finish", id, base_version)`: an operation of a phone; returns the new state."""

    def do(name: str, action: str, problem_id: str, base_version: int | None = None) -> str:
        payload = WorkPayload().load({"problem_id": problem_id, "base_version": base_version, "note": "done"})
        with app.app_context(), app.database.transaction() as session:
            return service.move_offline(session, act_of(cast[name]), action, payload).state

    return do


STEPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("register", "Chen", {}),
    ("assign", "Ding", {"person_id": "Aygul"}),
    ("finish", "Aygul", {"note": "cleaned"}),
    ("accept", "Chen", {}),
    ("strike_off", "Ding", {}),
)
STAGES = ("reported", "registered", "assigned", "finished", "accepted", "struck_off")


@pytest.fixture
def led(call: Call, cast: dict[str, Member], reported: Reported) -> Callable[[str], str]:
    """`led("finished")`: a problem of Aygul's village, led to that state; returns its id."""

    def do(state: str) -> str:
        problem_id = reported("Aygul")
        for action, name, body in itertools.islice(STEPS, STAGES.index(state)):
            sent = {key: str(cast[value].id) if key == "person_id" else value for key, value in body.items()}
            answer = call(name).post(f"/problems/{problem_id}/{action}", sent)
            assert answer.status_code == 200, answer.text
        return problem_id

    return do
