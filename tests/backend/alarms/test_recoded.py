"""A county gets another code while an alarm is open: its people go on with it (CJ-3, CJ-A1-14)."""

from datetime import timedelta

import pytest

from backend.alarms.recipients import dispatched_counties, duty_post, in_charge
from backend.core import clock
from backend.rota import service as rota
from backend.rota.service import Plan
from tests.backend.alarms.conftest import Hands
from tests.backend.alarms.test_stories import notices
from tests.backend.cast import COUNTY_A, MONDAY
from tests.backend.grids.changes import county_recoded
from tests.backend.grids.conftest import Publish, revise

__all__ = ["revise"]
COUNTY = "652300/652305"
VILLAGE = f"{COUNTY}/652305001/652305001001"


@pytest.fixture
def open_alarm(hands: Hands, revise: Publish) -> str:
    """Ding is on duty until the evening; an hour after the order the county has another code."""
    with hands.app.app_context(), hands.app.database.transaction() as session:
        plan = Plan(hands.cast["Ding"].id, MONDAY - timedelta(hours=1), MONDAY + timedelta(hours=8))
        rota.enter(session, rota.county(session, "652301"), plan)
    alarm = hands.raised()
    revise(county_recoded())
    return alarm


def test_whoever_is_on_duty_has_what_is_open(hands: Hands, open_alarm: str) -> None:
    hands.sweep()
    assert notices(hands, "alarm.escalate") == ["Ding"]
    assert hands.deliver("Yang", open_alarm) == 0
    assert [each["id"] for each in hands.call("Ding").get("/alarms").json["items"]] == [open_alarm]
    hands.instruct(open_alarm)
    assert hands.deliver("Aygul", open_alarm) == 1
    hands.field("Aygul", open_alarm, "onsite")
    assert hands.events(open_alarm)[2:] == ["escalated", "received", "instructed", "delivered", "onsite"]
    assert hands.record(open_alarm)["path"] == VILLAGE


def test_of_what_came_before_its_hour_the_same_people_are_told(hands: Hands, open_alarm: str) -> None:
    """A phone's answer that is applied a moment later finds the alarm in the county of now."""
    ding, chen = (hands.cast[name].id for name in ("Ding", "Chen"))
    before = clock.now() - timedelta(minutes=30)
    with hands.app.app_context(), hands.app.database.transaction(write=False) as session:
        for path in (VILLAGE, COUNTY_A):
            assert duty_post(session, path, before).people == (ding,)
        assert dispatched_counties(session, ding, before) == {COUNTY, COUNTY_A}
        assert in_charge(session, VILLAGE, ["reviewer"], before) == [chen]
        assert dispatched_counties(session, ding, clock.now()) == {COUNTY}
