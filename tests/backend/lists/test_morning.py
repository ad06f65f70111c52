"""In the morning each county's duty post is told of the day before, once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

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
