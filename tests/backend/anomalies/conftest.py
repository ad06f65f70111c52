"""A county's world of stations: M1 with M2 beside it, and neighbours where a story needs them."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from backend.alarms.models import Alarm, AlarmEvent
from backend.anomalies.ending import end_quiet
from backend.anomalies.lasting import judge_hours
from backend.anomalies.models import Episode, MaintenanceMatter
from backend.anomalies.silence import find_silent
from backend.core import clock
from backend.core.edge import Application
from backend.notices import channels
from backend.notices.channels import Reach
from backend.notices.models import Message, Notice
from backend.policy.service import PolicyBook
from backend.stations import maintenance, service
from backend.stations.models import Station
from tests.backend.cast import VILLAGE_A1, VILLAGE_A2, Member
from tests.backend.conftest import Caller
from tests.backend.stations.world import PLACE, reading


@dataclass
class Sky:
    """What happens in the air and at its instruments, one line each."""

    app: Application
    hand: clock.Frozen
    call: Callable[[str], Caller]
    secret: str
    cast: dict[str, Member]

    def measure(self, value: float, station: str = "M1", **other: Any) -> None:
        """A reading of PM2.5, now, unless `other` says otherwise."""
        self.send(reading(value, station=station, **{"at": clock.now().isoformat(), **other}))

    def send(self, *readings: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {self.secret}"}
        answer = self.app.test_client().post("/api/v1/readings", json=list(readings), headers=headers)
        assert answer.status_code == 200, answer.text
        assert {result["status"] for result in answer.json["results"]} == {"stored"}, answer.json

    def breathe(self, *values: float, minutes: float = 30, **other: Any) -> None:
        """One reading after another; the first now, the clock stands at the last."""
        for place, value in enumerate(values):
            if place:
                self.hand.move(minutes=minutes)
            self.measure(value, **other)

    def one_alarm_per(self, what: str) -> None:
        """From now on policy wants it so."""
        book: PolicyBook = self.app.extensions["xunge.policy"]
        [policy] = book.versions
        anomalies = dataclasses.replace(policy.alarms.anomalies, one_alarm_per=what)
        policy = dataclasses.replace(policy, alarms=dataclasses.replace(policy.alarms, anomalies=anomalies))
        self.app.extensions["xunge.policy"] = dataclasses.replace(book, versions=(policy,))

    def end_quiet(self) -> int:
        with self.app.app_context():
            return end_quiet()

    def judge_hours(self) -> int:
        with self.app.app_context():
            return judge_hours()

    def find_silent(self) -> int:
        with self.app.app_context():
            return find_silent()

    def maintain(self, station: str, start: datetime, end: datetime) -> None:
        with self.app.app_context(), self.app.database.transaction() as session:
            station_id = session.scalars(select(Station.id).where(Station.code == station)).one()
            maintenance.plan(session, station_id, (start, end), "更换滤膜")

    def move(self, station: str, place: tuple[float, float]) -> None:
        """It stands in village A2 from now on."""
        with self.app.app_context(), self.app.database.transaction() as session:
            service.move_station(session, service.station_coded(session, station), place, VILLAGE_A2)

    def alarms(self) -> list[Alarm]:
        with self.app.database.transaction(write=False) as session:
            return list(session.scalars(select(Alarm).order_by(Alarm.id)))

    def kinds(self) -> list[tuple[str, str | None]]:
        return [(alarm.kind, alarm.pollutant) for alarm in self.alarms()]

    def events(self, alarm: Alarm, kind: str) -> list[dict[str, Any]]:
        """The facts of an alarm's events of a kind."""
        wanted = select(AlarmEvent.facts).where(AlarmEvent.alarm_id == alarm.id, AlarmEvent.type == kind)
        with self.app.database.transaction(write=False) as session:
            return list(session.scalars(wanted.order_by(AlarmEvent.number)))

    def episodes(self) -> list[Episode]:
        with self.app.database.transaction(write=False) as session:
            return list(session.scalars(select(Episode).order_by(Episode.id)))

    def matters(self) -> list[MaintenanceMatter]:
        with self.app.database.transaction(write=False) as session:
            return list(session.scalars(select(MaintenanceMatter).order_by(MaintenanceMatter.id)))

    def told(self, kind: str) -> list[str]:
        """The names of who was told, in order of name."""
        names = {member.id: name for name, member in self.cast.items()}
        wanted = select(Notice.person_id).where(Notice.kind == kind)
        with self.app.database.transaction(write=False) as session:
            return sorted(names[person] for person in session.scalars(wanted))

    def channel(self, address: str, reach: Reach) -> None:
        with self.app.app_context(), self.app.database.transaction() as session:
            channels.add(session, reach, address, "zh")

    def messages(self) -> list[Message]:
        with self.app.database.transaction(write=False) as session:
            return list(session.scalars(select(Message).order_by(Message.id)))

    def close(self, alarm: Alarm) -> None:
        """The officer withdraws it: an end that needs nobody in the field."""
        answer = self.call("Erkin").post(f"/alarms/{alarm.id}/withdraw", json={"reason": "演习"})
        assert answer.status_code == 200, answer.text

    def ago(self, **step: float) -> datetime:
        return clock.now() - timedelta(**step)


@pytest.fixture
def sky(app: Application, hand: clock.Frozen, cast: dict[str, Member], call: Callable[[str], Caller]) -> Sky:
    with app.app_context(), app.database.transaction() as session:
        stations = [_station(session, code, place) for code, place in PLACES.items()]
        return Sky(app, hand, call, service.issue_key(session, "vendor", stations), cast)


PLACES = {
    "M1": PLACE,
    "N1": (PLACE[0] + 0.01, PLACE[1]),
    "N2": (PLACE[0], PLACE[1] + 0.02),
    "N3": (PLACE[0] - 0.03, PLACE[1]),
    "far": (PLACE[0], PLACE[1] + 0.2),
}
"""Three neighbours at 0.8, 2.2 and 2.4 km, and one at 22 km that is none."""


def _station(session: Any, code: str, place: tuple[float, float]) -> Station:
    pollutants = ["pm25", "pm10"]
    return service.add_station(
        session, code=code, name=code, kind="micro", grid_path=VILLAGE_A1, place=place, pollutants=pollutants
    )
