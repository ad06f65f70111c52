"""Who may look at refused frames, and what they see."""

from collections.abc import Callable
from datetime import timedelta

from backend.core import clock
from tests.backend.cast import MONDAY
from tests.backend.conftest import Caller
from tests.backend.gateway.world import World
from tests.backend.hj212.packets import MN, sent

Call = Callable[[str], Caller]


def test_administrators_see_refused_frames_by_station_and_reason(
    station: World, call: Call, hand: clock.Frozen
) -> None:
    station.store(sent(MN="STRANGER01"), sent().replace(b"=35", b"=95"), b"\xff\xfehello\r\n", sent(PW="guess"))
    guo = call("Guo")
    first = guo.get("/frames/quarantine?limit=1").json
    rest = guo.get(f"/frames/quarantine?cursor={first['next']}").json
    assert rest["next"] is None
    shown = {item["reason"]: item for item in first["items"] + rest["items"]}
    assert {reason: item["mn"] for reason, item in shown.items()} == {
        "unknown_station": "",
        "bad_crc": MN,
        "garbage": "",
        "wrong_password": MN,
    }
    assert shown["garbage"]["text"] == "\\xff\\xfehello"
    assert (shown["garbage"]["size"], shown["garbage"]["peer"]) == (7, "10.0.0.1")
    assert "PW=*****;" in shown["wrong_password"]["text"]
    assert clock.now().isoformat() == shown["garbage"]["received_at"]
    assert {each["reason"] for each in guo.get("/frames/quarantine?mn=").json["items"]} == {
        "garbage",
        "unknown_station",
    }
    assert len(guo.get(f"/frames/quarantine?mn={MN}&reason=bad_crc").json["items"]) == 1


def test_frames_are_counted_by_station_and_outcome(station: World, call: Call, hand: clock.Frozen) -> None:
    station.store(sent(), sent(), sent(PW="guess"), b"hello\r\n")
    hand.move(hours=2)
    station.store(sent())
    guo = call("Guo")
    assert [(each["mn"], each["station"], each["outcome"], each["count"]) for each in counts(guo)] == [
        ("", None, "garbage", 1),
        (MN, "M1", "taken", 3),
        (MN, "M1", "wrong_password", 1),
    ]
    assert counts(guo)[1]["last_hour"] == (MONDAY + timedelta(hours=2)).isoformat()
    assert [each["count"] for each in counts(guo, f"?mn={MN}&hours=1")] == [1]
    metrics = station.app.test_client().get("/metrics").text
    assert 'xunge_frames{outcome="taken"} 1.0' in metrics


def counts(caller: Caller, query: str = "") -> list[dict[str, object]]:
    items: list[dict[str, object]] = caller.get(f"/frames/counts{query}").json["items"]
    return items


def test_frames_are_administrators_business(station: World, call: Call) -> None:
    for name in ("Aygul", "Chen", "Ding", "Xu"):
        for path in ("/frames/quarantine", "/frames/counts"):
            answer = call(name).get(path)
            assert (answer.status_code, answer.json["needs_role"]) == (403, ["administrator"])
    assert station.app.test_client().get("/api/v1/frames/counts").status_code == 401
