"""The worked examples of docs/sync.md, run against the library and the application."""

import hashlib
import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from sync.anchors import Anchor
from sync.client_copy import LocalCopy
from sync.client_storage import Storage
from sync.evidence import Around, Interval, interval
from sync.schemas import PullPage, PushAnswer, PushBody, Result
from tests.backend.conftest import Caller
from tests.docs.pages import ROOT, Page

PAGE = Page(ROOT / "docs/sync.md")
CANONICAL = PAGE.table("JSON", "canonical form")
INTERVALS = PAGE.table("case", "anchor")
UPLOAD = {"create": "created", "first-piece": "first-piece-taken", "ask": "asked", "last-piece": "last-piece-taken"}
FILE = b"0123456789abcdef"
PHONE = uuid.UUID(int=1)
NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)

Json = dict[str, Any]


def example(name: str) -> Json:
    parsed: Json = json.loads(PAGE.blocks[name])
    return parsed


def digest(operation: Json) -> str:
    return hashlib.sha256(rfc8785.dumps(operation)).hexdigest()


@pytest.mark.parametrize(("written", "canonical"), CANONICAL, ids=[row[1] for row in CANONICAL])
def test_canonical_forms(written: str, canonical: str) -> None:
    assert rfc8785.dumps(json.loads(written.strip("`"))).decode() == canonical.strip("`")


def test_the_operation_has_the_form_and_the_hash_that_stand_there() -> None:
    canonical = rfc8785.dumps(example("operation"))
    assert canonical.decode() == PAGE.blocks["canonical"].rstrip("\n")
    assert hashlib.sha256(canonical).hexdigest() == PAGE.blocks["hash"].strip()


def test_the_push_is_a_chain_with_its_head() -> None:
    push = example("push")
    operations = push["operations"]
    assert operations[0] == example("operation")
    assert [one["previous"] for one in operations] == [None, *(digest(one) for one in operations[:-1])]
    assert push["head"] == {"sequence": operations[-1]["sequence"], "hash": digest(operations[-1])}


def test_the_report_promises_the_file_that_is_uploaded() -> None:
    [photo] = example("operation")["payload"]["photos"]
    assert (photo["sha256"], photo["size"]) == (hashlib.sha256(FILE).hexdigest(), len(FILE))
    assert photo["preview"]["sha256"] == hashlib.sha256(FILE[: photo["preview"]["size"]]).hexdigest()


def test_examples_have_the_shapes_of_the_api() -> None:
    assert PushBody().validate(example("push")) == {}
    assert PushAnswer().validate(example("pushed")) == {}
    assert Result().validate(example("conflict")) == {}


def test_pages_are_taken_in_as_it_stands_there(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "phone.db")
    copy = LocalCopy(storage)
    pages: list[Json] = json.loads(PAGE.blocks["pages"])
    old = {"collection": "problems", "id": "019aadd4-0000-7000-8000-000000000003", "version": 9, "record": {"note": ""}}
    copy.take(pages[0] | {"changes": [old], "more": False})
    for page, (_, cursor, held) in zip(pages, PAGE.table("after page"), strict=True):
        assert PullPage().validate(page) == {}
        copy.take(page)
        notes = {number[-4:]: record["note"] or "as before" for number, record in copy.records("problems").items()}
        assert notes == dict(re.findall(r"`…(\d+)` ([\w ]+)", held))
        assert copy.cursor == cursor.strip("`")
    storage.close()


def test_the_application_answers_the_push_as_it_stands_there(call: Callable[[str], Caller]) -> None:
    aygul = call("Aygul")
    push, told = made_by(aygul), example("pushed")
    answer = aygul.post("/sync/push", push, headers={"Xunge-Wall": "2026-11-23T11:40:00+08:00"})
    assert answer.status_code == 200
    assert answer.json.keys() == told.keys()
    for found, expected in zip(answer.json["results"], told["results"], strict=True):
        assert found.keys() == expected.keys()
        assert expected.pop("record", {}).items() <= found.pop("record", {}).items()
        assert found == expected
    for name in ("received_up_to", "missing", "awaited_photos"):
        assert answer.json[name] == told[name]

    again = aygul.post("/sync/push", push).json["results"]
    assert [result["status"] for result in again] == ["duplicate", "deferred", "duplicate"]
    assert again[0]["original"] == aygul.post("/sync/push", push).json["results"][0]["original"]


def made_by(caller: Caller) -> Json:
    """The push of the page, as if this person had made it; that changes every hash."""
    push, previous = example("push"), None
    for operation in push["operations"]:
        operation |= {"by": str(caller.member.id), "previous": previous}
        previous = digest(operation)
    push["head"]["hash"] = previous
    return push


def test_the_upload_goes_as_it_stands_there(call: Callable[[str], Caller]) -> None:
    aygul = call("Aygul")
    aygul.post("/sync/push", made_by(aygul))
    known = {"date": r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "upload": r"(?P<upload>[0-9a-f-]{36})"}
    upload = ""
    for asked, answered in UPLOAD.items():
        line, headers, content = message(PAGE.blocks[asked])
        method, path = line.split()
        answer = aygul(method, path.replace("{upload}", upload).removeprefix("/api/v1"), headers=headers, data=content)
        status, expected, _ = message(PAGE.blocks[answered])
        assert answer.status_code == int(status), answer.text
        for name, pattern in expected.items():
            match = re.fullmatch(filled(pattern, known), answer.headers[name])
            assert match, (asked, name, answer.headers[name])
            upload = match.groupdict().get("upload", upload)
    with aygul.get(f"/photos/{hashlib.sha256(FILE).hexdigest()}") as photo:
        assert photo.data == FILE


def message(block: str) -> tuple[str, dict[str, str], bytes]:
    """First line, headers and body of an http block."""
    head, _, content = block.partition("\n\n")
    first, *lines = head.strip().splitlines()
    return first, dict(line.split(": ", 1) for line in lines), content.removesuffix("\n").encode()


def filled(pattern: str, known: dict[str, str]) -> str:
    return re.sub(r"\\\{(\w+)\\\}", lambda name: known[name[1]], re.escape(pattern))


@pytest.mark.parametrize("row", INTERVALS, ids=[row[0] for row in INTERVALS])
def test_intervals(row: list[str]) -> None:
    _, anchor, elapsed, boot, source, round_trip, wall, covered, received, *expected = (
        None if cell == "–" else cell.replace("`", "") for cell in row
    )
    clock = {"source": source, "boot": boot, "elapsed_ms": number(elapsed), "round_trip_ms": number(round_trip)}
    clock["anchor"] = None if anchor == "none" else "…"
    if wall is not None:
        said = {"wall_at_anchor": NINE, "wall": NINE + timedelta(milliseconds=int(wall))}
        clock |= {name: at.isoformat() for name, at in said.items()}
    ours = Anchor(NINE, PHONE, "b-7", "00") if anchor == "ours" else None
    received_at = instant(received)
    assert received_at is not None
    found = interval(ours, clock, PHONE, received_at, Around(covered_at=instant(covered)))
    assert written(found) == expected


def number(cell: str | None) -> int | None:
    return None if cell is None else int(cell)


def instant(cell: str | None) -> datetime | None:
    return None if cell is None else datetime.combine(NINE, time.fromisoformat(cell), UTC)


def written(found: Interval) -> list[str | None]:
    """The last five cells of its row."""
    point = None if found.point is None else f"{clocktime(found.point)} ± {found.margin_ms}"
    bounds = [found.not_before and clocktime(found.not_before), point, clocktime(found.not_after)]
    return [*bounds, found.level, " ".join(found.findings) or None]


def clocktime(at: datetime) -> str:
    return at.time().isoformat(timespec="milliseconds").removesuffix(".000")
