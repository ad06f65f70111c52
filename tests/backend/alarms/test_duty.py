"""The order goes to whoever is on duty, and its clock starts when they have it (CJ-3)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from backend.auth import people
from backend.auth.models import Post
from backend.core import clock
from backend.policy import service as policies
from backend.policy.service import PolicyBook
from backend.rota import service as rota
from backend.rota.service import Plan
from tests.backend.alarms.conftest import Hands
from tests.backend.alarms.test_stories import notices
from tests.backend.cast import COUNTY_A, MONDAY, Member
from tests.backend.newcomers import hire

OnDuty = Callable[..., None]


@pytest.fixture
def jiang(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> Member:
    """A second dispatcher of county A, in the cast for this story."""
    member = hire(hands.app, "Jiang", "dispatcher", COUNTY_A)
    monkeypatch.setitem(hands.cast, "Jiang", member)
    return member


@pytest.fixture
def on_duty(hands: Hands) -> OnDuty:
    """`on_duty(member, -1, 8)`: their turn in hours from nine o'clock."""

    def put(member: Member, begins: float, ends: float) -> None:
        with hands.app.app_context(), hands.app.database.transaction() as session:
            plan = Plan(member.id, MONDAY + timedelta(hours=begins), MONDAY + timedelta(hours=ends))
            rota.enter(session, rota.county(session, "652301"), plan)

    return put


def test_the_order_goes_to_who_is_on_the_rota(hands: Hands, jiang: Member, on_duty: OnDuty) -> None:
    on_duty(jiang, 0, 8)
    alarm = hands.raised()
    assert notices(hands, "alarm.order") == ["Jiang"]
    ordered = hands.record(alarm)["events"][1]
    assert ordered["facts"]["duty"] == {"by": "rota", "told": [str(jiang.id)]}
    assert hands.deliver("Ding", alarm) == 0
    assert hands.call("Ding").get(f"/alarms/{alarm}").json["received_at"] is None
    assert hands.call("Jiang").get(f"/alarms/{alarm}").json["received_at"] == MONDAY.isoformat()


def test_where_the_rota_has_a_gap_everyone_is_told(hands: Hands, jiang: Member, on_duty: OnDuty) -> None:
    on_duty(jiang, 1, 8)
    alarm = hands.raised()
    assert notices(hands, "alarm.order") == ["Ding", "Jiang"]
    assert hands.record(alarm)["events"][1]["facts"]["duty"]["by"] == "everyone"
    assert hands.deliver("Ding", alarm) == 1


def test_policy_may_leave_a_gap_to_the_grace(hands: Hands, hand: clock.Frozen) -> None:
    with hands.app.app_context():
        book = policies.book()
    duty = replace(book.versions[0].alarms.duty, everyone_where_rota_is_empty=False)
    strict = replace(book.versions[0], alarms=replace(book.versions[0].alarms, duty=duty))
    policies.install(hands.app, PolicyBook((strict,), book.zone))
    alarm = hands.raised()
    assert notices(hands, "alarm.order") == []
    assert hands.record(alarm)["events"][1]["facts"]["duty"] == {"by": "nobody", "told": []}
    assert hands.deliver("Ding", alarm) == 0
    hand.move(minutes=5)
    hands.sweep()
    due = (MONDAY + timedelta(minutes=65)).isoformat()
    assert hands.record(alarm)["clocks"]["onsite"]["due_at"] == due


def test_who_acts_for_the_county_has_received(hands: Hands, jiang: Member, on_duty: OnDuty) -> None:
    on_duty(jiang, 0, 8)
    assert hands.instruct(hands.raised(), by="Ding")["received_at"] == MONDAY.isoformat()
    video = {"kind": "video", "place": {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}}
    assert hands.call("Ding").post("/alarms", json=video).json["received_at"] == MONDAY.isoformat()


def test_leaving_the_rota_moves_no_clock(hands: Hands, jiang: Member, on_duty: OnDuty, hand: clock.Frozen) -> None:
    """Whatever the county does to its rota after the order, the grace holds, and what was delivered stays so."""
    on_duty(jiang, 0, 8)
    alarm = hands.raised()
    jiangs, me = hands.call("Jiang"), {"county": "652301"}
    turn = jiangs.get("/rota", query_string=me).json["turns"][0]["id"]
    assert jiangs("DELETE", f"/rota/{turn}").status_code == 204
    hand.move(minutes=4)
    assert hands.deliver("Ding", alarm) == 1  # the post is everyone's again
    assert hands.deliver("Jiang", alarm) == 0
    due = hands.record(alarm)["clocks"]["onsite"]["due_at"]
    hand.move(minutes=30)
    hands.sweep()
    assert hands.record(alarm)["clocks"]["onsite"]["due_at"] == due == (MONDAY + timedelta(minutes=64)).isoformat()


def test_who_left_the_post_is_on_duty_no_more(hands: Hands, jiang: Member, on_duty: OnDuty) -> None:
    on_duty(jiang, 0, 8)
    with hands.app.app_context(), hands.app.database.transaction() as session:
        people.dismiss(session, session.scalars(select(Post).where(Post.person_id == jiang.id)).one())
    hands.raised()
    assert notices(hands, "alarm.order") == ["Ding"]


def test_policy_says_who_is_told_of_what(hands: Hands) -> None:
    with hands.app.app_context():
        book = policies.book()
    told = {"instructed": ("reviewer",), "onsite": ("duty", "dispatcher"), "closed": ("officer", "instructed")}
    duty = replace(book.versions[0].alarms.duty, told=told)
    policy = replace(book.versions[0], alarms=replace(book.versions[0].alarms, duty=duty))
    policies.install(hands.app, PolicyBook((policy,), book.zone))
    alarm = hands.raised()
    hands.instruct(alarm)
    hands.field("Aygul", alarm, "onsite")
    hands.field("Aygul", alarm, "disposal")
    hands.office("Ding", alarm, "close", summary="完")
    kinds = ("alarm.order", "alarm.instruct", "alarm.dispatch", "alarm.onsite", "alarm.disposal", "alarm.close")
    assert [notices(hands, kind) for kind in kinds] == [[], ["Aygul"], ["Chen"], ["Ding"], [], ["Aygul", "Erkin"]]
