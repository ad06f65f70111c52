"""The main job, the whole way: out of coverage and back, judged by evidence, seen by the dispatcher."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import g

from backend.alarms.models import Alarm
from backend.catalog import CATALOG
from backend.core import clock
from backend.core.edge import Application
from media.draw import draw
from sync.catalog import Device
from sync.client import Client
from sync.client_pictures import Picture
from tests.backend.cast import IN_A1, Member
from tests.backend.conftest import Caller
from tests.backend.phones import phone

Call = Callable[[str], Caller]


def picture(seed: int) -> Picture:
    return Picture(draw(seed, size=40_000, taken_at=datetime(2026, 11, 23, 10, tzinfo=UTC), lon=87.05, lat=44.05))


@pytest.fixture
def aygul(app: Application, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen) -> Iterator[Client]:
    made = phone(app, cast["Aygul"], tmp_path, hand, wall_error=timedelta(days=-400))
    yield made
    made.close()


def raised(call: Call, cast: dict[str, Member], hand: clock.Frozen) -> str:
    """An alarm in village A1, ordered by Erkin, received by Ding five minutes later, given to Aygul."""
    erkin, ding = call("Erkin"), call("Ding")
    place = {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}
    alarm = erkin.post("/alarms", {"kind": "video", "place": place, "note": "smoke"})
    assert alarm.status_code == 201, alarm.text
    alarm_id: str = alarm.json["id"]
    assert erkin.post(f"/alarms/{alarm_id}/order").status_code == 200
    hand.move(minutes=5)
    page = ding.get("/sync/pull").json
    assert alarm_id in [change["id"] for change in page["changes"] if change["collection"] == "alarms"]
    answer = ding.post(f"/alarms/{alarm_id}/instruct", {"person_id": str(cast["Aygul"].id), "note": "go"})
    assert answer.status_code == 200, answer.text
    return alarm_id


def clocks(call: Call, alarm_id: str) -> dict[str, Any]:
    alarm: dict[str, Any] = call("Ding").get(f"/alarms/{alarm_id}").json
    return alarm["clocks"]


def answer_alarm(aygul: Client, hand: clock.Frozen, alarm_id: str, onsite: int, disposal: int) -> None:
    """Out of coverage: on site and disposal, so many minutes after leaving."""
    hand.move(minutes=onsite)
    aygul.make("alarm.accept", {"alarm_id": alarm_id})
    onsite_said = {"alarm_id": alarm_id, "finding": "burning", "note": "straw"}
    aygul.make("alarm.onsite", onsite_said, position=IN_A1, pictures=[picture(1)])
    hand.move(minutes=disposal - onsite)
    done = {"alarm_id": alarm_id, "cause": "straw", "measures": "put out", "result": "clear", "note": ""}
    aygul.make("alarm.disposal", done, position=IN_A1, pictures=[picture(2)])


def test_work_done_in_time_without_a_signal_counts(
    call: Call, cast: dict[str, Member], aygul: Client, hand: clock.Frozen
) -> None:
    alarm_id = raised(call, cast, hand)
    aygul.pull()
    assert alarm_id in aygul.copy.records("alarms")
    assert "652301001001" in {grid["code"] for grid in aygul.copy.records("grids").values()}
    answer_alarm(aygul, hand, alarm_id, onsite=40, disposal=100)
    report = aygul.make(
        "problem.report", {"class": "dust", "note": "material yard"}, position=IN_A1, pictures=[picture(3)]
    )
    hand.move(hours=6)
    assert clocks(call, alarm_id)["onsite"]["verdict"] == "breached"
    assert clocks(call, alarm_id)["onsite"]["provisional"] is True

    synced = aygul.sync()

    assert synced.outcomes == {"applied": 4}
    assert synced.pictures == 3
    assert aygul.outbox.all() == []
    judged = clocks(call, alarm_id)
    assert [judged[name]["verdict"] for name in ("onsite", "disposal")] == ["met", "met"]
    assert judged["onsite"]["proof"]["level"] == "attested"
    ding = call("Ding")
    alarm = ding.get(f"/alarms/{alarm_id}").json
    assert [photo["state"] for photo in alarm["photos"]] == ["stored", "stored"]
    problem = ding.get(f"/problems/{report.id}").json
    assert (problem["state"], problem["grid"], problem["class"]) == ("reported", "652301001001", "dust")
    sha256 = problem["photos"][0]["sha256"]
    assert ding.get(f"/photos/{sha256}").data == picture(3).content
    assert call("Xu").get(f"/photos/{sha256}").status_code == 404
    assert call("Xu").get(f"/alarms/{alarm_id}").status_code == 403


def test_work_done_late_is_breached_whatever_the_wall_clock_says(
    call: Call, cast: dict[str, Member], aygul: Client, hand: clock.Frozen
) -> None:
    alarm_id = raised(call, cast, hand)
    aygul.pull()
    answer_alarm(aygul, hand, alarm_id, onsite=75, disposal=110)
    aygul.sync()
    judged = clocks(call, alarm_id)
    assert [judged[name]["verdict"] for name in ("onsite", "disposal")] == ["breached", "met"]


def test_a_never_answered_alarm_is_breached(call: Call, cast: dict[str, Member], hand: clock.Frozen) -> None:
    alarm_id = raised(call, cast, hand)
    hand.move(days=40)
    judged = clocks(call, alarm_id)
    assert [(judged[name]["verdict"], judged[name]["provisional"]) for name in ("onsite", "disposal")] == [
        ("breached", False),
        ("breached", False),
    ]


def test_the_county_cannot_delay_its_own_clock(call: Call, cast: dict[str, Member], hand: clock.Frozen) -> None:
    received = hand.at + timedelta(minutes=5)
    alarm_id = raised(call, cast, hand)
    hand.move(minutes=50)
    ding = call("Ding")
    ding.post(f"/alarms/{alarm_id}/instruct", {"person_id": str(cast["Bahar"].id), "note": "you instead"})
    judged = clocks(call, alarm_id)
    assert datetime.fromisoformat(judged["onsite"]["started_at"]) == received
    assert datetime.fromisoformat(judged["onsite"]["due_at"]) == received + timedelta(hours=1)
    assert datetime.fromisoformat(judged["disposal"]["due_at"]) == received + timedelta(hours=2)


def test_a_strangers_alarm_cannot_be_answered(
    app: Application, call: Call, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen
) -> None:
    alarm_id = raised(call, cast, hand)
    wang = phone(app, cast["Wang"], tmp_path, hand)
    wang.pull()
    assert alarm_id not in wang.copy.records("alarms")
    made = wang.make("alarm.onsite", {"alarm_id": alarm_id, "finding": "x", "note": ""}, position=IN_A1)
    assert wang.sync().outcomes == {"rejected": 1}
    refused = {one.id: one for one in wang.problems()}[made.id]
    assert refused.answer is not None
    assert refused.answer["problem"]["code"] == "forbidden"
    wang.close()
    assert clocks(call, alarm_id)["onsite"]["verdict"] == "pending"


def test_only_what_a_pull_hands_out_counts_as_delivered(
    app: Application, call: Call, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    erkin = call("Erkin")
    place = {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}
    alarm_id = erkin.post("/alarms", {"kind": "video", "place": place, "note": "smoke"}).json["id"]
    erkin.post(f"/alarms/{alarm_id}/order")
    collection = CATALOG.collection("alarms")
    assert collection is not None
    with app.app_context(), app.database.transaction(write=False) as session:
        alarm = session.get_one(Alarm, uuid.UUID(alarm_id))
        collection.records(session, [alarm], Device(uuid.uuid4(), cast["Ding"].id))
        assert "alarms_shown" not in g  # background work shows nobody anything
