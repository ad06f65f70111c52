"""Nobody sends anybody: after the minutes that policy gives, the server sends the first candidate, once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from backend.auth import people
from backend.auth.models import Post
from backend.core import clock
from backend.policy import service as policies
from backend.policy.service import PolicyBook
from tests.backend.alarms.conftest import Hands
from tests.backend.alarms.test_stories import notices
from tests.backend.cast import MONDAY
from tests.backend.together import at_once


@pytest.fixture
def after_twenty(hands: Hands) -> None:
    """A policy by which somebody is sent twenty minutes after the order."""
    with hands.app.app_context():
        book = policies.book()
    duty = replace(book.versions[0].alarms.duty, instructs_itself_after_minutes=20)
    policy = replace(book.versions[0], alarms=replace(book.versions[0].alarms, duty=duty))
    policies.install(hands.app, PolicyBook((policy,), book.zone))


def test_the_first_candidate_is_sent_by_the_policy(hands: Hands, hand: clock.Frozen, after_twenty: None) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hands.call("Bahar")  # her phone was heard of, so she comes first
    hand.move(minutes=19)
    hands.sweep()
    assert "instructed" not in hands.events(alarm)
    hand.move(minutes=1)
    assert hands.sweep() == 1
    record = hands.record(alarm)
    assert (record["state"], record["instruction"]["by"]) == ("instructed", None)
    [sent] = record["instructions"]
    assert (sent["by"], sent["person_id"], sent["at"]) == (
        "policy",
        str(hands.cast["Bahar"].id),
        (MONDAY + timedelta(minutes=20)).isoformat(),
    )
    assert notices(hands, "alarm.instruct") == ["Bahar"]
    assert record["clocks"]["onsite"]["due_at"] == (MONDAY + timedelta(minutes=60)).isoformat()
    hands.field("Bahar", alarm, "onsite")
    assert hands.verdicts(alarm)[0] == "met"


def test_many_workers_send_one(hands: Hands, hand: clock.Frozen, after_twenty: None) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hand.move(minutes=20)
    at_once(*[hands.sweep] * 4)
    hands.sweep()
    assert hands.events(alarm).count("instructed") == 1
    assert len(notices(hands, "alarm.instruct")) == 1


def test_a_dispatcher_was_quicker(hands: Hands, hand: clock.Frozen, after_twenty: None) -> None:
    alarm = hands.raised()
    hand.move(minutes=20)
    at_once(hands.sweep, lambda: hands.instruct(alarm, "Bahar"))
    hands.sweep()
    sent = hands.record(alarm)["instructions"]
    assert sent[-1]["person_id"] == str(hands.cast["Bahar"].id)  # the county's word stands, whoever came first
    assert [each["by"] for each in sent] in (["county"], ["policy", "county"])


def test_where_policy_says_nothing_nobody_is_sent(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hand.move(days=1)
    hands.sweep()
    assert hands.record(alarm)["state"] == "ordered"


def test_a_county_without_supervisors_is_told_by_the_escalation(
    hands: Hands, hand: clock.Frozen, after_twenty: None
) -> None:
    with hands.app.database.transaction() as session:
        for post in session.scalars(select(Post).where(Post.role == "supervisor")):
            people.dismiss(session, post)
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hand.move(minutes=60)
    hands.sweep()
    assert hands.events(alarm)[-2:] == ["escalated", "escalated"]
    assert hands.record(alarm)["state"] == "ordered"
