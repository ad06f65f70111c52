"""In the morning each county's duty post is told of the day before, once."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from backend.auth import people
from backend.auth.models import Post
from backend.core import clock
from backend.core.edge import Application
from backend.core.jobs import enrol, run_due
from backend.lists.jobs import jobs, tell_next_county
from backend.notices import channels
from backend.notices.channels import Reach
from backend.notices.models import Message
from backend.rota import service as rota
from backend.rota.service import Plan
from tests.backend.cast import COUNTY_A, MONDAY, Member
from tests.backend.conftest import Caller
from tests.backend.newcomers import hire
from tests.backend.together import at_once

VIDEO = {"kind": "video", "place": {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}}
EIGHT = MONDAY + timedelta(hours=23)
"""Tuesday, eight o'clock."""


@pytest.fixture
def turn(app: Application) -> Callable[[], int]:
    """One turn of the job; how many counties it told."""

    def do() -> int:
        with app.app_context(), app.database.transaction() as session:
            return tell_next_county(session)

    return do


def lists(caller: Caller) -> list[dict[str, Any]]:
    return [item["body"] for item in caller.get("/notices").json["items"] if item["kind"] == "list.daily"]


def test_each_county_is_told_of_yesterday_once(
    app: Application, call: Callable[[str], Caller], turn: Callable[[], int], hand: clock.Frozen
) -> None:
    with app.database.transaction() as session:
        enrol(session, jobs())

    def worker() -> None:
        with app.app_context():
            run_due(app.database, jobs())

    assert call("Ding").post("/alarms", json=VIDEO).status_code == 201
    hand.set(EIGHT - timedelta(minutes=1))
    assert turn() == 0
    hand.set(EIGHT)
    at_once(worker, worker, worker)
    assert len(lists(call("Ding")) + lists(call("Xu"))) == 1
    while turn():
        pass
    told = {"county": "652301", "day": "2026-11-23", "lines": 1, "found": 1, "overdue": 1}
    assert lists(call("Ding")) == [told]
    assert lists(call("Xu")) == [told | {"county": "652302", "lines": 0, "found": 0, "overdue": 0}]
    assert lists(call("Erkin")) == lists(call("Aygul")) == []
    hand.move(hours=10)
    assert turn() == 0
    hand.move(days=1)
    assert [turn(), turn(), turn()] == [1, 1, 0]
    assert [each["day"] for each in lists(call("Ding"))] == ["2026-11-24", "2026-11-23"]


def test_who_is_on_duty_is_told(
    app: Application, call: Callable[[str], Caller], turn: Callable[[], int], hand: clock.Frozen
) -> None:
    jiang = hire(app, "Jiang", "dispatcher", COUNTY_A)
    with app.app_context(), app.database.transaction() as session:
        rota.enter(session, rota.county(session, "652301"), Plan(jiang.id, MONDAY, EIGHT + timedelta(hours=1)))
    hand.set(EIGHT)
    while turn():
        pass
    hand.move(hours=2)  # Jiang goes home, the county has been told
    assert turn() == 0
    assert lists(call("Ding")) == []


def test_after_days_without_a_worker_each_day_is_told_once_and_in_order(
    call: Callable[[str], Caller], turn: Callable[[], int], hand: clock.Frozen
) -> None:
    def morning() -> int:
        """A turn a minute, until there is nothing to tell."""
        told = 0
        while turn():
            told += 1
            hand.move(minutes=1)
        return told

    hand.set(EIGHT)
    assert morning() == 2
    assert call("Ding").post("/alarms", json=VIDEO).status_code == 201
    hand.move(days=3)
    assert morning() == 6
    days = [(each["day"], each["found"]) for each in reversed(lists(call("Ding")))]
    assert days == [("2026-11-23", 0), ("2026-11-24", 1), ("2026-11-25", 0), ("2026-11-26", 0)]
    assert [each["day"] for each in lists(call("Xu"))] == [day for day, _ in reversed(days)]
    titles = [
        item["title"]["zh"] for item in call("Ding").get("/notices").json["items"] if item["kind"] == "list.daily"
    ]
    assert titles == ["昨日问题清单", "补发:此前的问题清单", "补发:此前的问题清单", "昨日问题清单"]
    hand.move(days=30)
    assert morning() == 16
    assert [each["day"] for each in lists(call("Ding"))][:-4] == [f"2026-12-{day}" for day in range(26, 18, -1)]


def test_a_county_without_a_duty_post_is_told_once_it_has_one(
    app: Application,
    cast: dict[str, Member],
    call: Callable[[str], Caller],
    turn: Callable[[], int],
    hand: clock.Frozen,
) -> None:
    hand.set(EIGHT)
    with app.app_context(), app.database.transaction() as session:
        people.dismiss(session, session.query(Post).filter_by(person_id=cast["Ding"].id).one())
    assert [turn(), turn()] == [1, 0]  # Xu's
    jiang = hire(app, "Jiang", "dispatcher", COUNTY_A)
    assert [turn(), turn()] == [1, 0]
    assert [each["day"] for each in lists(Caller(app.test_client(), jiang, uuid.uuid4()))] == ["2026-11-23"]


def test_the_list_leaves_the_app_too(
    app: Application,
    call: Callable[[str], Caller],
    cast: dict[str, Member],
    turn: Callable[[], int],
    hand: clock.Frozen,
) -> None:
    with app.app_context(), app.database.transaction() as session:
        channels.add(session, Reach(cast["Ding"].id), "dingtalk://ding", "zh")
        channels.add(session, Reach(role="dispatcher", grid_path=COUNTY_A), "wecombot://group", "en")
    assert call("Ding").post("/alarms", json=VIDEO).status_code == 201
    hand.set(EIGHT)
    while turn():
        pass
    with app.database.transaction(write=False) as session:
        sent = session.scalars(select(Message).where(Message.kind == "list.daily").order_by(Message.id)).all()
        said = {message.channel.language: message.text.split("\n")[1] for message in sent}
    assert {message.urgent for message in sent} == {False}
    assert said == {
        "zh": "昌吉市 2026-11-23:共 1 项,当日新增 1 项,超时 1 项。请在平台查看并督办。",
        "en": "昌吉市, 2026-11-23: 1 in all, 1 found on the day, 1 overdue. Please follow them up.",
    }
