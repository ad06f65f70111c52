"""Who may set up a way to whom, and that an address, once given, is never shown again."""

import io
import logging
from collections.abc import Callable

import orjson
import pytest
import structlog

from backend.core.edge import Application
from backend.notices import sending
from tests.backend.cast import COUNTY_A, COUNTY_B, TOWNSHIP_A
from tests.backend.conftest import Caller
from tests.backend.notices.conftest import Post

Call = Callable[[str], Caller]


def test_aygul_sets_up_her_own_way_tries_it_and_takes_it_away(post: Post, call: Call) -> None:
    aygul = call("Aygul")
    made = aygul.post("/notices/channels", {"address": f"{post.receiver.base}/secret-hook"})
    assert (made.status_code, made.json["person_id"]) == (201, str(post.cast["Aygul"].id))
    assert made.json["address"] == "http://127.0.0.1/…"
    channel = f"/notices/channels/{made.json['id']}"
    assert aygul.post(f"{channel}/test").json["state"] == "waiting"
    post.send()
    assert "测试消息" in post.receiver.calls[0].body["text"]
    [gone] = aygul.get("/notices/outbox").json["items"]
    assert (gone["kind"], gone["state"]) == ("channel.test", "sent")
    assert call("Bahar").get("/notices/outbox").json["items"] == []
    listed = aygul.get("/notices/channels")
    assert [item["id"] for item in listed.json["items"]] == [made.json["id"]]
    assert "secret" not in listed.text
    assert aygul("DELETE", channel).status_code == 204
    assert aygul.get("/notices/channels").json["items"] == []
    assert aygul.post(f"{channel}/test").json["code"] == "not_found"


def test_a_group_s_robot_is_for_who_maintains_its_grid(post: Post, call: Call) -> None:
    robot = {"address": "dingtalk://SECabc@token", "role": "dispatcher", "path": COUNTY_A}
    assert call("Ding").post("/notices/channels", robot).status_code == 201
    assert call("Erkin").post("/notices/channels", robot).status_code == 201
    assert call("Guo").post("/notices/channels", robot).status_code == 201
    for outsider in ("Aygul", "Chen", "Xu", "Fang"):
        assert call(outsider).post("/notices/channels", robot).json["code"] == "forbidden"
        assert call(outsider).get("/notices/channels").json["items"] == []
    assert len(call("Ding").get("/notices/channels").json["items"]) == 3
    assert call("Ding").post("/notices/channels", robot | {"path": COUNTY_B}).status_code == 403


def test_somebody_else_s_way_is_set_up_by_who_maintains_their_grid(post: Post, call: Call) -> None:
    hers = {"address": f"{post.receiver.base}/a", "person_id": str(post.cast["Aygul"].id)}
    made = call("Ding").post("/notices/channels", hers).json
    assert call("Aygul").get("/notices/channels").json["items"][0]["id"] == made["id"]
    for outsider in ("Bahar", "Xu", "Wang"):
        assert call(outsider).post("/notices/channels", hers).status_code == 403
        assert call(outsider)("DELETE", f"/notices/channels/{made['id']}").status_code == 404
        assert call(outsider).post(f"/notices/channels/{made['id']}/test").status_code == 404


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"address": "ftp://x"}, "channel_address"),
        ({"address": "http://169.254.169.254/latest/meta-data"}, "channel_address"),
        ({"address": "mailto:aygul@example.cn"}, "channel_address"),
        ({"address": "dingtalk://t", "role": "dispatcher"}, "invalid"),
        ({"address": "dingtalk://t", "path": TOWNSHIP_A}, "invalid"),
        ({"address": "dingtalk://t", "role": "king", "path": TOWNSHIP_A}, "invalid"),
        ({"address": "dingtalk://t", "role": "dispatcher", "path": "652300/%"}, "invalid"),
        ({"address": "dingtalk://t", "language": "fr"}, "invalid"),
        ({"address": ""}, "invalid"),
        ({}, "invalid"),
    ],
)
def test_bad_channels_are_refused_with_a_reason(post: Post, call: Call, given: dict[str, str], code: str) -> None:
    answer = call("Erkin").post("/notices/channels", given)
    assert (answer.status_code, answer.json["code"]) == (422, code)
    if code == "channel_address":
        assert answer.json["reason"]
        assert {"dingtalk", "wecombot", "feishu", "https", "mailto"} <= set(answer.json["carriers"])


def test_signing_in_comes_first(app: Application) -> None:
    client = app.test_client()
    assert client.get("/api/v1/notices/outbox").status_code == 401
    assert client.post("/api/v1/notices/channels", json={}).status_code == 401


def test_no_log_line_holds_an_address(
    post: Post, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = io.StringIO()  # the module's own log may be bound to the output of an earlier test
    written = structlog.wrap_logger(structlog.WriteLogger(lines), processors=[structlog.processors.JSONRenderer()])
    monkeypatch.setattr(sending, "log", written)
    caplog.set_level(logging.DEBUG)
    post.channel("dingtalk://SECabcdef@tokentokentoken")
    post.channel(f"{post.receiver.base}/secretpath")
    post.receiver.answers = [(200, b'{"errcode": 310000}'), (503, b"")]
    post.tell("Aygul")
    post.send()
    assert [line["event"] for line in map(orjson.loads, lines.getvalue().splitlines())] == ["message", "message"]
    said = caplog.text + lines.getvalue()
    assert all(secret not in said for secret in ("SECabcdef", "tokentokentoken", "secretpath"))
