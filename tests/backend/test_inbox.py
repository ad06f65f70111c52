"""Work that was refused or held is kept, seen by the reviewer of its part of the tree, and replayed."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.core import clock
from backend.core.edge import Application
from sync.client import Client
from tests.backend.cast import IN_A1, Member
from tests.backend.conftest import Caller
from tests.backend.phones import phone

Call = Callable[[str], Caller]


@pytest.fixture
def aygul(app: Application, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen) -> Client:
    return phone(app, cast["Aygul"], tmp_path, hand)


def test_refused_work_is_kept_with_what_was_said_and_answered(aygul: Client, call: Call) -> None:
    made = aygul.make("problem.report", {"class": "no such class", "note": "what is this?"}, position=IN_A1)
    assert aygul.sync().outcomes == {"rejected": 1}
    chen = call("Chen")
    entry = chen.get("/inbox").json["items"][0]
    assert (entry["operation_id"], entry["status"], entry["code"]) == (made.id, "rejected", "unknown_class")
    whole = chen.get(f"/inbox/{entry['id']}").json
    assert whole["body"]["payload"]["note"] == "what is this?"
    assert whole["result"]["problem"]["code"] == "unknown_class"
    for outsider in ("Yang", "Xu"):
        assert call(outsider).get("/inbox").json["items"] == []
        assert call(outsider).get(f"/inbox/{entry['id']}").status_code == 404
        assert call(outsider).post(f"/inbox/{entry['id']}/replay").status_code == 404
    assert call("Aygul").get("/inbox").json["items"] == []
    aygul.close()


def test_what_a_revoked_device_hands_over_waits_for_the_reviewer(aygul: Client, call: Call) -> None:
    aygul.pull()
    made = aygul.make("problem.report", {"class": "dust", "note": "before it was stolen"}, position=IN_A1)
    [device] = [d for d in call("Aygul").get("/devices").json["items"] if d["name"] == "Aygul's phone"]
    assert call("Aygul")("DELETE", f"/devices/{device['id']}").status_code == 204
    assert aygul.push() == {"rejected": 1}
    chen = call("Chen")
    assert chen.get(f"/problems/{made.id}").status_code == 404
    [entry] = chen.get("/inbox?status=rejected").json["items"]
    assert (entry["code"], entry["handover"]) == ("held_for_review", True)
    answer = chen.post(f"/inbox/{entry['id']}/replay")
    assert (answer.status_code, answer.json["status"]) == (200, "applied")
    assert chen.get(f"/problems/{made.id}").json["note"] == "before it was stolen"
    again = chen.post(f"/inbox/{entry['id']}/replay")
    assert (again.status_code, again.json["code"]) == (409, "cannot_replay")
    aygul.close()


def test_an_unknown_entry(call: Call) -> None:
    assert call("Chen").get(f"/inbox/{uuid.uuid4()}").status_code == 404


def test_the_inbox_comes_in_pages(aygul: Client, call: Call) -> None:
    made = {aygul.make("problem.report", {"class": "none", "note": str(n)}, position=IN_A1).id for n in range(5)}
    aygul.sync()
    chen, seen, cursor = call("Chen"), set(), None
    for _ in range(3):
        page = chen.get("/inbox?limit=2" + (f"&cursor={cursor}" if cursor else "")).json
        seen |= {entry["operation_id"] for entry in page["items"]}
        cursor = page["next"]
    assert (seen, cursor) == (made, None)
    aygul.close()
