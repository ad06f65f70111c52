"""An alarm's world: the station in village A1, and hands for the office, the field and the sweeper."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.alarms import answers, delivery, jobs
from backend.alarms.models import Alarm
from backend.alarms.records import record_with_events
from backend.auth.actor import Actor, Holding
from backend.core import clock
from backend.core.edge import Application
from backend.evidence.act import Act
from sync.evidence import Interval
from tests.backend.cast import IN_A1, Member
from tests.backend.conftest import Caller
from tests.backend.stations import world
from tests.backend.stations.world import World, reading

ANSWERS = {
    "accept": (answers.accept, {}),
    "onsite": (answers.answer_onsite, {"finding": "露天烧烤", "note": ""}),
    "disposal": (answers.answer_disposal, {"cause": "烧烤", "measures": "取缔", "result": "已停", "note": ""}),
}


@dataclass
class Hands:
    """What happens to alarms, one line each."""

    station: World
    cast: dict[str, Member]
    hand: clock.Frozen
    call: Callable[[str], Caller]
    callers: dict[str, Caller] = field(default_factory=dict)

    @property
    def app(self) -> Application:
        return self.station.app

    def raised(self, value: float = 212) -> str:
        """The id of the alarm that a reading of the station raises now."""
        assert self.station.statuses(reading(value, at=clock.now().isoformat())) == ["stored"]
        with self.app.database.transaction(write=False) as session:
            return str(session.query(Alarm.id).order_by(Alarm.id.desc()).limit(1).scalar())

    def office(self, name: str, alarm: str, verb: str, **body: Any) -> Any:
        """Somebody does something on the console, now; the answer. Tokens last 15 minutes: they sign in each time."""
        return self.call(name).post(f"/alarms/{alarm}/{verb}", json=body)

    def instruct(self, alarm: str, name: str = "Aygul", by: str = "Ding", **more: Any) -> Any:
        answer = self.office(by, alarm, "instruct", person_id=str(self.cast[name].id), note="速去", **more)
        assert answer.status_code == 200, answer.text
        return answer.json

    def field(
        self,
        name: str,
        alarm: str,
        verb: str,
        done: datetime | None = None,
        position: Any = IN_A1,
        photos: int = 1,
        since: datetime | None = None,
    ) -> Alarm:
        """A phone's report arrives now; it attests that it was made at `done` (now). With `since` nobody knows more
        than that it was made after that."""
        now, member = clock.now(), self.cast[name]
        interval = Interval(now, None, None, now, "proved")
        if done is not None:
            interval = Interval(done - timedelta(minutes=30), done, 900, now, "attested")
        if since is not None:
            interval = Interval(since, None, None, now, "proved")
        actor = Actor(member.id, uuid.uuid4(), (Holding(member.role, member.grid_path),))
        pictures = tuple({"sha256": f"{number:064x}"} for number in range(photos))
        act = Act(actor, now, interval, uuid.uuid4(), position, pictures)
        service, payload = ANSWERS[verb]
        with self.app.app_context(), self.app.database.transaction() as session:
            return service(session, act, {"alarm_id": uuid.UUID(alarm), **payload})

    def deliver(self, name: str, *alarms: str) -> int:
        """A pull of this person had these alarms in it; how many deliveries count."""
        with self.app.app_context(), self.app.database.transaction() as session:
            ids = [uuid.UUID(alarm) for alarm in alarms]
            return len(delivery.record_delivery(session, self.cast[name].id, ids, clock.now()))

    def sweep(self) -> int:
        with self.app.app_context(), self.app.database.transaction() as session:
            return jobs.sweep(session)

    def record(self, alarm: str) -> dict[str, Any]:
        with self.app.app_context(), self.app.database.transaction(write=False) as session:
            return record_with_events(session, session.get_one(Alarm, uuid.UUID(alarm)))

    def verdicts(self, alarm: str) -> tuple[str, str]:
        clocks = self.record(alarm)["clocks"]
        return clocks["onsite"]["verdict"], clocks["disposal"]["verdict"]

    def events(self, alarm: str) -> list[str]:
        return [event["type"] for event in self.record(alarm)["events"]]


@pytest.fixture
def hands(app: Application, cast: dict[str, Member], hand: clock.Frozen, call: Callable[[str], Caller]) -> Hands:
    return Hands(world.build(app), cast, hand, call)
