"""Taking the problems through the ledger: every step by whoever may take it."""

import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from backend.auth.actor import Actor
from backend.core import clock
from backend.demo import pictures, tree
from backend.demo.chance import dice, point_in
from backend.demo.crew import Crew, at_desk, by_phone
from backend.demo.making import Making
from backend.demo.problem_stories import STORIES, Story
from backend.evidence.act import Act
from backend.evidence.examination import Examined
from backend.problems import reporting, service
from backend.problems.models import Problem

BY_PHONE = ("progress", "finish", "escalate")
BY_REVIEWER = ("register", "return", "accept", "reject")
SAID = {
    "return": "照片看不清位置,请补充现场全景",
    "escalate": "村里解决不了,请上级支持",
    "progress": "已清运大半,明日完成",
    "finish": "已整改完成,现场照片已上传",
    "reject": "覆盖不到位,请继续整改",
    "accept": "现场核实,同意验收",
    "strike_off": "资料齐全,销号",
}
PLAN = {
    "measures": "清理、覆盖并落实专人管理",
    "target": "三日内恢复整洁,不再复发",
    "supervising_unit": "乡镇生态环境办(演示)",
}
OTHER_DEPARTMENT = {"unit": "水利局(演示)", "document": "演示函〔1〕号"}

Places = dict[int, tuple[float, float]]
Album = dict[int, Examined]


def photograph(making: Making) -> tuple[Places, Album]:
    """Where each problem lies, and the pictures of some, stored before anything is written."""
    with making.app.database.transaction(write=False) as session:
        shapes = tree.shapes(session, [story.village for story in STORIES])
    places = {
        number: point_in(shapes[story.village], _chance(making, number)) for number, story in enumerate(STORIES, 1)
    }
    album = {
        number: pictures.take(making, f"DEMO PROBLEM {number}", _began(making, number, story), places[number])
        for number, story in enumerate(STORIES, 1)
        if story.pictured
    }
    return places, album


def _chance(making: Making, number: int) -> random.Random:
    return dice(making.seed, "problem", number)


def _began(making: Making, number: int, story: Story) -> datetime:
    """Reported in the morning of its day; those that nobody has looked at yet came in yesterday evening."""
    if story.days == 0:
        return making.at(making.today - timedelta(days=1), 20, number)
    return making.at(making.today - timedelta(days=story.days), 9, number)


def _step_at(making: Making, story: Story, index: int) -> datetime:
    """Two steps a day, the first in the afternoon of the report: a story is over before today begins."""
    day = making.today - timedelta(days=story.days) + timedelta(days=(index + 1) // 2)
    return making.at(day, 10 if index % 2 else 16)


def live_through(making: Making, session: Session, prepared: tuple[Places, Album]) -> str:
    crew = Crew(session, making.seed)
    paths = {code: place.path for code, place in tree.read(session).places.items()}
    places, album = prepared
    for number, story in enumerate(STORIES, 1):
        with clock.frozen(_began(making, number, story)) as hand:
            people = _People(crew, paths[story.village])
            problem = _report(session, people, story, places[number], album.get(number))
            for index, action in enumerate(story.steps):
                hand.set(_step_at(making, story, index))
                act = _act(people.who(action), action, places[number])
                service.move(session, act, problem, action, people.given(action))
    return f"{len(STORIES)} problems"


class _People:
    """Who deals with a problem of a village: a supervisor reports it, another one rectifies it."""

    def __init__(self, crew: Crew, path: str) -> None:
        _, county, township, village = path.split("/")
        self.reporter, self.rectifier = crew.of("supervisor", village), crew.of("supervisor", village, 1)
        self.reviewer, self.dispatcher = crew.of("reviewer", township), crew.of("dispatcher", county)

    def who(self, action: str) -> Actor:
        if action in BY_PHONE:
            return self.reporter if action == "escalate" else self.rectifier
        return self.reviewer if action in BY_REVIEWER else self.dispatcher

    def given(self, action: str) -> dict[str, Any]:
        """What is said with an action, as its schema would load it."""
        said: dict[str, Any] = {"note": SAID.get(action, "")}
        if action == "assign":
            return said | {"person_id": self.rectifier.person_id}
        if action == "transfer":
            return said | OTHER_DEPARTMENT | {"person_id": self.rectifier.person_id}
        return said | PLAN if action == "plan" else said


def _act(actor: Actor, action: str, place: tuple[float, float]) -> Act:
    now = clock.now()
    return by_phone(actor, now - timedelta(minutes=2), now, place) if action in BY_PHONE else at_desk(actor, now)


def _report(
    session: Session,
    people: _People,
    story: Story,
    place: tuple[float, float],
    picture: Examined | None,
) -> Problem:
    payload = {"kind": story.kind, "severity": story.severity, "note": story.note, "stopped": story.stopped}
    photos = [pictures.promised(picture)] if picture else []
    now = clock.now()
    act = by_phone(people.reporter, now - timedelta(minutes=1), now, place, photos)
    problem = reporting.report(session, act, payload)
    if picture:
        pictures.hang(session, act, picture, "problems", problem)
    return problem
