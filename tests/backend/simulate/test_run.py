"""Phones in chaos against a real server: it holds exactly what they made, or the simulation says what it lacks."""

import uuid
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, make_transient

from backend.auth import people
from backend.auth.models import Person
from backend.core.edge import Application
from backend.core.ids import new_id
from backend.evidence.models import Photo, PhotoPromise
from backend.patrols.models import Visit
from backend.problems.models import Problem
from backend.simulate.run import Simulation
from media.store import Store
from tests.backend import cast as story
from tests.backend.simulate.conftest import Simulate

Change = Callable[[Session, Simulation], None]


def made_first(simulation: Simulation, operation_type: str) -> uuid.UUID:
    return uuid.UUID(simulation.phones[0].of_type(operation_type)[0]["id"])


def spoil(app: Application, simulation: Simulation, change: Change) -> None:
    with app.app_context(), app.database.transaction() as session:
        change(session, simulation)


def previews_here(app: Application) -> int:
    wanted = sa.select(sa.func.count()).select_from(PhotoPromise).join(Photo, Photo.sha256 == PhotoPromise.sha256)
    with app.database.transaction(write=False) as session:
        return session.scalar(wanted.where(PhotoPromise.preview_of.is_not(None))) or 0


def test_everything_made_in_chaos_is_there_once(simulate: Simulate, app: Application) -> None:
    simulation = simulate(phones=6, reports=4, chaos=True)
    simulation.live()
    ledger = simulation.compare()
    assert ledger.faults == []
    assert ledger.equal
    figures = {kind: (count.made, count.held) for kind, count in ledger.counts.items()}
    expected = {
        "patrol.visit": 8,  # A2, Bahar's village, has no sources: there they report only
        "problem.report": 16,
        "track.append": 6,
        "alarm.accept": 3,
        "alarm.onsite": 3,
        "alarm.disposal": 3,
        "alarms answered in time": 3,
        "told twice, kept once": 39,
        "pictures": 30,
        "problems pulled in the village": 32,
        "kept from strangers": 57,
    }
    assert {kind: figures[kind] for kind in expected} == {kind: (n, n) for kind, n in expected.items()}
    assert figures["boundaries"] == (18, 18)  # village, township and county of each
    assert figures["tasks done"][0] > 0
    assert previews_here(app) == 30
    lines = [line for phone in simulation.phones for line in phone.lines]
    assert len(lines) == 12  # every app was killed once
    assert sum(line.broken for line in lines) > 0
    assert sum(line.repeats for line in lines) > 0
    assert sum(phone.retries for phone in simulation.phones) > 0


def test_phones_of_one_village_meet_a_stranger_too(simulate: Simulate) -> None:
    simulation = simulate(phones=1, reports=2)
    simulation.live()
    counts = simulation.compare().counts
    assert simulation.ledger.faults == []
    assert (counts["kept from strangers"].made, counts["kept from strangers"].held) == (7, 7)


def lose_visit(session: Session, simulation: Simulation) -> None:
    session.delete(session.get_one(Visit, made_first(simulation, "patrol.visit")))


def move_problem(session: Session, simulation: Simulation) -> None:
    session.get_one(Problem, made_first(simulation, "problem.report")).grid_path = story.VILLAGE_B1


def change_problem(session: Session, simulation: Simulation) -> None:
    session.get_one(Problem, made_first(simulation, "problem.report")).note += "!"


def double_problem(session: Session, simulation: Simulation) -> None:
    problem = session.get_one(Problem, made_first(simulation, "problem.report"))
    session.refresh(problem)
    session.expunge(problem)
    make_transient(problem)
    problem.id = new_id()
    session.add(problem)


def promote_stranger(session: Session, simulation: Simulation) -> None:
    bahar = session.query(Person).filter_by(name="Bahar").one()
    people.appoint(session, bahar, "reviewer", story.place(story.TOWNSHIP_A), full_time=False)


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (lose_visit, {"patrol.visit"}),
        (move_problem, {"problem.report"}),
        (change_problem, {"problem.report"}),
        (double_problem, {"problem.report", "problems pulled in the village"}),
        (promote_stranger, {"kept from strangers"}),
    ],
)
def test_what_is_lost_changed_doubled_or_shown_is_told(
    simulate: Simulate, app: Application, change: Change, kinds: set[str]
) -> None:
    simulation = simulate()
    simulation.live()
    spoil(app, simulation, change)
    ledger = simulation.compare()
    assert not ledger.equal
    assert kinds <= {kind for kind, count in ledger.counts.items() if not count.equal}
    assert len(ledger.faults) >= len(kinds)


def test_a_picture_with_other_bytes_is_told(simulate: Simulate, app: Application) -> None:
    simulation = simulate()
    simulation.live()
    sha256 = simulation.phones[0].made[0]["payload"]["photos"][0]["sha256"]
    path = Store(app.settings.store_url).path(sha256)
    assert path is not None
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    ledger = simulation.compare()
    assert [fault for fault in ledger.faults if "has other bytes" in fault] == ledger.faults
    assert ledger.faults == [f"pictures: {sha256} of phone 1 has other bytes"]
