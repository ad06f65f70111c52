"""Messages go out once, come back to life after a death, wait when they must, and end up where people see them."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text, update

from backend.auth.models import Person
from backend.core import clock
from backend.core.ways import Ways
from backend.notices import outbox, sending
from backend.notices.carriers import Letter
from backend.notices.models import Message
from tests.backend.cast import COUNTY_A, COUNTY_B, MONDAY, TOWNSHIP_A
from tests.backend.conftest import Caller
from tests.backend.notices.conftest import Post
from tests.backend.notices.receiver import OK
from tests.backend.together import at_once

Call = Callable[[str], Caller]
MANY = 3_000


def test_an_instruction_reaches_the_phone_in_the_pocket(post: Post) -> None:
    post.channel(f"{post.receiver.base}/aygul", "Aygul")
    post.channel(f"{post.receiver.base}/bahar", "Bahar")
    post.tell("Aygul")
    assert post.send() == 1
    [call] = post.receiver.calls
    [message] = post.messages()
    assert (call.path, call.body["id"], call.body["urgent"]) == ("/aygul", str(message.id), True)
    assert call.body["text"] == (
        "您有新的报警派单\n红星社区:PM2.5 超标。请立即赶赴现场,— 前反馈现场情况,— 前反馈处置结果。派单说明:速去"
        f"\n编号 {message.id.hex[-8:]}"
    )
    assert (message.state, message.attempts, message.ended_at) == ("sent", 1, MONDAY)
    assert post.send() == 0


def test_robots_of_the_group_hear_it_whoever_is_on_duty(post: Post) -> None:
    for path in (COUNTY_A, COUNTY_B):
        post.channel(f"dingtalk://{path[-6:]}", role="dispatcher", grid_path=path)
    post.channel("wecombot://township", role="supervisor", grid_path=TOWNSHIP_A)
    post.tell(kind="alarm.order", roles=("dispatcher",))  # nobody has the post just now
    post.send()
    assert [call.query["access_token"] for call in post.receiver.calls] == [["652301"]]


def test_what_fails_is_tried_again_later_each_time_and_then_it_is_a_dead_letter(post: Post, hand: clock.Frozen) -> None:
    post.channel(f"{post.receiver.base}/aygul")
    post.receiver.answers = [(503, b"")]
    post.tell("Aygul")
    pauses = []
    while post.states() == ["waiting"]:
        due_at = max(post.messages()[0].due_at, clock.now())
        pauses.append(due_at - clock.now())
        hand.set(due_at)
        assert post.send() == 1
        assert post.send() == 0, "not before its time"
    [message] = post.messages()
    assert (message.state, message.attempts, message.last_error) == ("dead", 14, "http 503")
    assert len(post.receiver.calls) == 14
    assert timedelta(seconds=5) <= pauses[1] <= timedelta(seconds=10)
    assert timedelta(minutes=30) <= pauses[-1] <= timedelta(hours=1)
    assert timedelta(hours=2) < sum(pauses, timedelta(0)) < timedelta(hours=6)


@pytest.mark.parametrize(
    ("robot", "answer"),
    [("dingtalk", b'{"errcode": 130101}'), ("wecombot", b'{"errcode": 45009}'), ("feishu", b'{"code": 11232}')],
)
def test_a_robot_that_is_told_too_much_is_left_alone_for_its_minute(
    post: Post, hand: clock.Frozen, robot: str, answer: bytes
) -> None:
    post.channel(f"{robot}://token1234")
    post.receiver.answers = [(200, answer), OK]
    post.tell("Aygul")
    post.tell("Aygul")
    post.send()
    assert [message.due_at >= clock.now() + timedelta(minutes=1) for message in post.messages()] == [True, True]
    hand.move(seconds=59)
    assert post.send() == 0
    hand.move(seconds=1)
    assert post.send() == 2


def test_a_dead_letter_is_seen_and_sent_again_by_the_office(post: Post, call: Call, hand: clock.Frozen) -> None:
    post.channel("dingtalk://SECabc@token1234")
    post.receiver.answers = [(200, b'{"errcode": 310000, "errmsg": "sign not match"}'), OK]
    post.tell("Aygul")
    post.send()
    erkin = call("Erkin")
    [shown] = erkin.get("/notices/outbox?state=dead").json["items"]
    assert (shown["attempts"], shown["last_error"], shown["kind"]) == (1, "errcode 310000", "alarm.instruct")
    assert shown["channel"]["address"] == "dingtalk://…1234"
    assert "SECabc" not in erkin.get("/notices/outbox").text
    for outsider in ("Aygul", "Chen", "Ding", "Wang"):
        assert call(outsider).get("/notices/outbox").json["items"] == []
        assert call(outsider).post(f"/notices/outbox/{shown['id']}/retry").status_code == 403
    assert erkin.post(f"/notices/outbox/{shown['id']}/retry").json["state"] == "waiting"
    assert erkin.post(f"/notices/outbox/{shown['id']}/retry").json["code"] == "message_not_dead"
    post.send()
    assert erkin.get("/notices/outbox?state=sent").json["items"][0]["id"] == shown["id"]
    assert erkin.get("/notices/outbox?state=lost").status_code == 422


def test_a_killed_sender_s_message_is_taken_up_again_when_its_lease_is_over(post: Post, hand: clock.Frozen) -> None:
    post.channel(f"{post.receiver.base}/aygul")
    post.tell("Aygul")
    with post.app.app_context(), post.app.database.transaction() as session:
        [first] = outbox.take(session, 8)  # and dies here, perhaps after the receiver had it
    assert post.send() == 0, "somebody is sending it"
    hand.move(seconds=outbox.LEASE.total_seconds())
    assert post.send() == 1
    with post.app.app_context(), post.app.database.transaction() as session:
        outbox.put_off(session, first, "the dead man speaks")
    [message] = post.messages()
    assert (message.state, message.attempts, message.last_error) == ("sent", 2, None)


def test_what_kills_its_senders_ends_as_a_dead_letter(post: Post, hand: clock.Frozen) -> None:
    post.channel(f"{post.receiver.base}/aygul")
    post.tell("Aygul")
    for _ in range(15):
        with post.app.app_context(), post.app.database.transaction() as session:
            outbox.take(session, 8)
        hand.move(seconds=outbox.LEASE.total_seconds())
    assert [(message.state, message.attempts, message.last_error) for message in post.messages()] == [
        ("dead", 14, "never recorded")
    ]


def test_four_senders_at_once_send_each_message_once(post: Post) -> None:
    for number in range(6):
        post.channel(f"{post.receiver.base}/{number}")
    for _ in range(3):
        post.tell("Aygul")
    at_once(*[post.send] * 4)
    post.send()
    ids = [call.body["id"] for call in post.receiver.calls]
    assert (len(ids), len(set(ids)), set(post.states())) == (18, 18, {"sent"})


def test_no_transaction_is_open_while_the_network_is_called(post: Post) -> None:
    post.channel(f"{post.receiver.base}/aygul")
    post.tell("Aygul")
    seen = []

    def write() -> None:
        with post.app.database.transaction() as session:  # on SQLite this would wait for the sender's
            seen.append(session.execute(update(Message).values(last_error="seen")).rowcount)

    post.receiver.before = write
    post.send()
    assert (seen, post.states()) == ([1], ["sent"])


def test_a_dead_channel_rests_as_a_whole_and_holds_up_no_other(post: Post, hand: clock.Frozen) -> None:
    post.channel(f"{post.receiver.base}/dead", "Bahar")
    post.receiver.answers = [None]
    for _ in range(20):
        post.tell("Bahar")
    assert post.send() == 1, "the others wait as long as the one that failed"
    post.channel(f"{post.receiver.base}/alive", "Aygul")
    post.receiver.answers = [OK]
    post.tell("Aygul")
    assert post.send() == 1
    assert post.receiver.calls[-1].path == "/alive"


def test_a_channel_with_much_to_hear_holds_up_no_other(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """A robot's group is told of each alarm of a sandstorm; somebody is sent to one of them meanwhile."""
    monkeypatch.setattr(outbox, "LOOKED_AT", 5)
    post.channel(f"{post.receiver.base}/robot", "Bahar")
    for _ in range(8):
        post.tell("Bahar")
    post.channel(f"{post.receiver.base}/aygul", "Aygul")
    post.tell("Aygul")
    monkeypatch.setattr(sending, "ROUNDS", 1)
    assert post.send() == 2
    assert sorted(call.path for call in post.receiver.calls) == ["/aygul", "/robot"]


def test_a_long_queue_is_not_read_to_find_what_comes_next(post: Post) -> None:
    channel = post.channel(f"{post.receiver.base}/robot", "Bahar")
    post.tell("Bahar")
    [one] = post.messages()
    like_it = {column.key: getattr(one, column.key) for column in Message.__table__.columns}
    with post.app.database.engine.begin() as connection:
        others = [
            like_it | {"id": uuid.uuid4(), "channel_id": channel, "urgent": number > MANY // 2}
            for number in range(MANY)
        ]
        connection.execute(insert(Message), others)
        connection.execute(text("ANALYZE"))
    asked: list[tuple[str, Any]] = []
    event.listen(post.app.database.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    with post.app.app_context(), post.app.database.transaction() as session:
        [taken] = outbox.take(session, 8)
    assert taken.id == min(each["id"] for each in [like_it, *others] if each["urgent"])
    explain = "EXPLAIN QUERY PLAN" if post.app.database.sqlite else "EXPLAIN"
    reads = [call for call in asked if "FROM notice_messages" in call[0]]
    with post.app.database.glance() as connection:
        heads, due = (
            "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))
            for statement, parameters in reads
        )
    assert heads.count("ix_notice_messages_queue") >= 3, heads
    assert not re.search("(Seq Scan on|SCAN) notice_messages", heads + due), heads + due
    assert "ix_notice_messages_queue" not in due, due


def test_what_is_not_urgent_waits_for_the_morning(post: Post, hand: clock.Frozen) -> None:
    post.channel(f"{post.receiver.base}/aygul")
    hand.set(MONDAY + timedelta(hours=14))  # eleven at night
    post.tell("Aygul", kind="problem.assign")
    post.tell("Aygul", kind="alarm.instruct")
    post.send()
    assert [call.body["kind"] for call in post.receiver.calls] == ["alarm.instruct"]
    hand.set(MONDAY + timedelta(hours=21, minutes=59))
    assert post.send() == 0
    hand.move(minutes=1)
    assert post.send() == 1


def test_what_waits_for_a_removed_channel_or_a_disabled_person_is_dropped(post: Post) -> None:
    removed = post.channel(f"{post.receiver.base}/a", "Aygul")
    post.channel(f"{post.receiver.base}/b", "Bahar")
    post.tell("Aygul", "Bahar")
    post.tell("Aygul", "Bahar")
    post.remove(removed)
    with post.app.database.transaction() as session:
        session.execute(update(Person).where(Person.id == post.cast["Bahar"].id).values(disabled_at=MONDAY))
    post.send()
    assert (post.states(), post.receiver.calls) == (["dropped"] * 4, [])
    post.tell("Aygul", "Bahar")
    assert len(post.messages()) == 4


def test_what_is_on_its_way_as_its_channel_is_removed_is_not_dropped(post: Post) -> None:
    removed = post.channel(f"{post.receiver.base}/a", "Aygul")
    post.tell("Aygul")
    post.tell("Aygul")
    with post.app.app_context(), post.app.database.transaction() as session:
        [taken] = outbox.take(session, 8)
    post.remove(removed)
    post.send()
    assert post.states() == ["waiting", "dropped"]
    with post.app.app_context(), post.app.database.transaction() as session:
        outbox.delivered(session, taken)
    assert post.states() == ["sent", "dropped"]


@pytest.mark.only_on("postgresql")
def test_who_drops_waits_for_nobody_at_work_on_the_same_channel(post: Post) -> None:
    """Who puts a channel off locks its messages in whatever order, and may wait for the one that is looked at here."""
    removed = post.channel(f"{post.receiver.base}/a", "Aygul")
    post.tell("Aygul")
    post.tell("Aygul")
    post.remove(removed)
    last = select(Message.id).order_by(Message.id.desc()).limit(1).with_for_update()
    database = post.app.database
    with post.app.app_context(), database.engine.begin() as other, database.transaction() as session:
        other.execute(last)
        session.execute(text("SET LOCAL lock_timeout = '1s'"))
        assert outbox.take(session, 8) == []
    assert post.states() == ["dropped", "waiting"]
    post.send()
    assert post.states() == ["dropped", "dropped"]


def test_a_carrier_that_breaks_keeps_no_other_message(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.channel(f"{post.receiver.base}/a", "Aygul")
    post.channel(f"{post.receiver.base}/b", "Bahar")
    honest = sending.carriers.send

    def broken(ways: Ways, address: str, letter: Letter) -> None:
        if address.endswith("/a"):
            raise ZeroDivisionError(address)
        honest(ways, address, letter)

    monkeypatch.setattr(sending.carriers, "send", broken)
    post.tell("Aygul", "Bahar")
    post.send()
    assert {(message.state, message.last_error) for message in post.messages()} == {
        ("waiting", "ZeroDivisionError"),
        ("sent", None),
    }


def test_the_outbox_stands_in_the_figures(post: Post) -> None:
    post.channel("dingtalk://token")
    post.tell("Aygul")
    assert 'xunge_messages{state="waiting"} 1.0' in post.app.test_client().get("/metrics").text
