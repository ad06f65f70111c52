"""The cast's world with boundaries, sources and a form, served over HTTP; and their accounts on file."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from backend.core import clock
from backend.core.edge import Application
from backend.grids.publishing import publish
from backend.patrols import forms, jobs
from backend.policy.service import book
from backend.simulate.plan import Account, Plan
from backend.simulate.run import Simulation
from tests.backend import cast as story
from tests.backend.cast import Member
from tests.backend.grids.story import states
from tests.backend.patrols.conftest import FIELDS, source
from tests.backend.phones import PhoneClock

Simulate = Callable[..., Simulation]
POLL_S = 0.02


class Quiet(WSGIRequestHandler):
    """Says nothing about requests."""

    def log(self, type: str, message: str, *args: object) -> None:
        pass


@pytest.fixture
def furnished(app: Application, hand: clock.Frozen) -> Application:
    """Boundaries with their bundles; two sources in A1 and one in B1, with the day's tasks."""
    hand.move(hours=1)
    with app.app_context(), app.database.transaction() as session:
        publish(session, states(), clock.now())
        forms.publish(session, "日常巡查", FIELDS)
        for name, path, lon in (("砖厂", story.VILLAGE_A1, 87.05), ("料场", story.VILLAGE_A1, 87.06)):
            source(session, name, path, lon=lon)
        source(session, "煤场", story.VILLAGE_B1, lon=87.25)
        hand.move(seconds=1)
        assert jobs.make(session, clock.now().date(), book().as_of(clock.now())) > 0
    return app


@pytest.fixture
def server(furnished: Application) -> Iterator[str]:
    """A real server in a thread, one thread a connection; its address."""
    serving = make_server("127.0.0.1", 0, furnished, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=serving.serve_forever, args=(POLL_S,))
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()
    serving.server_close()


@pytest.fixture
def accounts(cast: dict[str, Member], tmp_path: Path) -> Path:
    """The file that `xunge demo` would write for the cast."""
    listed = [
        Account(member.role, member.name, member.phone, story.PASSWORD, member.grid_path.rsplit("/", 1)[-1])
        for member in cast.values()
    ]
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps([asdict(account) for account in listed]), encoding="utf-8")
    return path


@pytest.fixture
def plan(server: str, accounts: Path) -> Plan:
    return Plan(server, accounts, phones=2, reports=2, photo_size=10_000, chaos=False, seed=1)


@pytest.fixture
def simulate(plan: Plan, hand: clock.Frozen) -> Iterator[Simulate]:
    """`simulate(phones=6, …)`: a simulation by the story's clock, that waits for nobody."""
    begun: list[Simulation] = []

    def simulate(**other: object) -> Simulation:
        made = Simulation(replace(plan, **other), clock=lambda: PhoneClock(hand), sleep=lambda seconds: None)  # type: ignore[arg-type]
        begun.append(made)
        return made

    yield simulate
    for simulation in begun:
        with simulation:
            pass
