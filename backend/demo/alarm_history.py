"""Living through the alarm stories: every deed is done by the service that a real one goes through, at its own time."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.alarms import answers, closing, decisions, delivery, dispatch, jobs, service
from backend.alarms.models import Alarm
from backend.anomalies import ending, episodes
from backend.anomalies.faults import Faults
from backend.auth.actor import Actor
from backend.core import clock
from backend.demo import pictures
from backend.demo.accounts import KEY_NAME
from backend.demo.alarm_stories import STORIES, Deed, Story
from backend.demo.crew import Crew, at_desk, by_phone
from backend.demo.making import Making
from backend.demo.roster import PREFECTURE
from backend.demo.stations import micro_code
from backend.evidence.act import Act
from backend.evidence.examination import Examined
from backend.policy.service import book
from backend.stations.intake import by_key, take_in
from backend.stations.models import Station, StationKey
from backend.stations.rules import UNITS

MEASURED_BEFORE = timedelta(minutes=4)
"""How long after its measurement a reading arrives."""
SAME_PLUME = "与超标报警为同一过程,合并处置 / the same plume as the alarm over the limit, handled with it"
"""Why the officer withdraws what else the reading of a story raises: it stood out from its neighbours, or rose."""
STEPS_AWAY = 0.0004
"""Degrees between the station and where people take their pictures."""

Album = dict[tuple[str, int], Examined]


def photograph(making: Making) -> Album:
    """The pictures of all stories, by story and minute, drawn and stored before anything is written."""
    with making.app.database.transaction(write=False) as session:
        stations = {story.name: _station(session, story) for story in STORIES}
    return {
        (story.name, deed.minute): pictures.take(
            making,
            f"DEMO {number} {deed.verb.upper()}",
            _began(making, story) + timedelta(minutes=deed.minute),
            _near(stations[story.name]),
        )
        for number, story in enumerate(STORIES, 1)
        for deed in story.deeds
        if deed.pictured
    }


def live_through(making: Making, session: Session, album: Album) -> str:
    crew = Crew(session, making.seed)
    for story in STORIES:
        with clock.frozen(_began(making, story)) as hand:
            told = Telling(session, crew, story, _station(session, story), album)
            told.begin()
            for deed in sorted(story.deeds, key=lambda deed: deed.minute + deed.late):
                hand.set(told.began + timedelta(minutes=deed.minute + deed.late))
                told.do(deed)
    return f"{len(STORIES)} alarms"


def _began(making: Making, story: Story) -> datetime:
    if isinstance(story.began, int):
        return making.present - timedelta(minutes=story.began)
    return making.at(making.today - timedelta(days=1), *story.began)


def _station(session: Session, story: Story) -> Station:
    return session.scalars(select(Station).where(Station.code == micro_code(story.village[:9]))).one()


def _near(station: Station) -> tuple[float, float]:
    return station.lon + STEPS_AWAY, station.lat + STEPS_AWAY


class Telling:
    """One story on its way."""

    def __init__(self, session: Session, crew: Crew, story: Story, station: Station, album: Album) -> None:
        self.session, self.story, self.station, self.album = session, story, station, album
        self.began = clock.now()
        county = station.grid_path.split("/")[1]
        self.officer, self.dispatcher = crew.of("officer", PREFECTURE), crew.of("dispatcher", county)
        self.supervisor = crew.of("supervisor", station.grid)

    def begin(self) -> None:
        self.alarm_id = self._measured() if self.story.pollutant else self._seen()

    def _measured(self) -> uuid.UUID:
        """A reading over its limit comes in at the stations' door; what was over before has ended by then."""
        for episode_id, _ in list(ending.over(self.session, self.began, Faults())):
            episodes.end(self.session, episode_id, self.began)
        pollutant, key = self.story.pollutant, select(StationKey).where(StationKey.name == KEY_NAME)
        reading = {
            "station": self.station.code,
            "at": (self.began - MEASURED_BEFORE).isoformat(),
            "pollutant": pollutant,
            "value": self.story.value,
            "unit": UNITS[pollutant or ""],
        }
        found = self.session.scalars(key.where(StationKey.revoked_at.is_(None))).one()
        take_in(self.session, by_key(found), [reading], book().as_of(self.began))
        raised = select(Alarm).where(Alarm.station_id == self.station.id, Alarm.raised_at == self.began)
        by_kind = {alarm.kind: alarm.id for alarm in self.session.scalars(raised)}
        for kind in sorted(by_kind.keys() - {"over_limit"}):
            decisions.withdraw(self.session, by_kind[kind], self.desk(self.officer), SAME_PLUME)
        return by_kind["over_limit"]

    def _seen(self) -> uuid.UUID:
        raised = service.Raised("video", None, _near(self.station))
        return service.raise_alarm(self.session, raised, at_desk(self.officer, self.began), self.story.label).id

    def do(self, deed: Deed) -> None:
        DEEDS[deed.verb](self, deed)

    def desk(self, actor: Actor) -> Act:
        return at_desk(actor, clock.now())

    def field(self, deed: Deed) -> Act:
        """The supervisor's act, with its picture if there is one."""
        done_at = self.began + timedelta(minutes=deed.minute)
        picture = self.album.get((self.story.name, deed.minute))
        photos = [pictures.promised(picture)] if picture else []
        return by_phone(self.supervisor, done_at, clock.now(), _near(self.station), photos)

    def receive(self, _deed: Deed) -> None:
        delivery.record_delivery(self.session, self.dispatcher.person_id, [self.alarm_id], clock.now())

    def instruct(self, _deed: Deed) -> None:
        person_id = self.supervisor.person_id
        dispatch.instruct(self.session, self.alarm_id, self.desk(self.dispatcher), person_id, self.story.label)

    def accept(self, deed: Deed) -> None:
        answers.accept(self.session, self.field(deed), {"alarm_id": self.alarm_id})

    def onsite(self, deed: Deed) -> None:
        payload = {"finding": "工地未覆盖,扬尘明显", "note": self.story.label}
        self._answer(answers.answer_onsite, deed, payload)

    def disposal(self, deed: Deed) -> None:
        payload = {"cause": "渣土车带泥上路", "measures": "已停工洒水,冲洗路面", "result": "数据回落", "note": ""}
        self._answer(answers.answer_disposal, deed, payload)

    def _answer(self, verb: Callable[..., Alarm], deed: Deed, payload: dict[str, Any]) -> None:
        act = self.field(deed)
        alarm = verb(self.session, act, {"alarm_id": self.alarm_id, **payload})
        if picture := self.album.get((self.story.name, deed.minute)):
            pictures.hang(self.session, act, picture, "alarms", alarm)

    def close(self, _deed: Deed) -> None:
        said = closing.Closing(self.story.label, cause="road_dust")
        closing.close(self.session, self.alarm_id, self.desk(self.dispatcher), said)

    def withdraw(self, _deed: Deed) -> None:
        decisions.withdraw(self.session, self.alarm_id, self.desk(self.officer), self.story.label)

    def sweep(self, _deed: Deed) -> None:
        jobs.sweep(self.session)


DEEDS: dict[str, Callable[[Telling, Deed], None]] = {
    "receive": Telling.receive,
    "instruct": Telling.instruct,
    "accept": Telling.accept,
    "onsite": Telling.onsite,
    "disposal": Telling.disposal,
    "close": Telling.close,
    "withdraw": Telling.withdraw,
    "sweep": Telling.sweep,
}
