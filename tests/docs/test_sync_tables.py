"""The tables of docs/sync.md say what the code says."""

import ast
import random
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import marshmallow as ma
import pytest

import backend.auth.errors
import sync.errors
import sync.upload_errors
from backend.auth import tokens
from backend.auth.schemas import SessionSchema
from backend.catalog import COLLECTIONS, OPERATIONS
from backend.core.errors import Problem
from backend.patrols.answers import CHECKS
from backend.patrols.models import FINDINGS
from backend.policy import service as policies
from backend.problems.rules import SEVERITIES
from backend.simulate.phone import URGENT
from backend.sources.models import KINDS, STATES
from backend.sources.schemas import SourceFields
from backend.web.codes import codes
from sync import body, client_order, client_outbox, client_storage, envelope, pull, upload_limits, upload_rows, uploads
from sync.catalog import OperationType
from sync.client_pictures import LARGEST_PREVIEW
from sync.client_session import Patience
from sync.schemas import Clock, OperationSchema, Position, PullPage, PushAnswer, Result
from tests.docs.errors import load_everything
from tests.docs.pages import CODE, ROOT, Page

PAGE = Page(ROOT / "docs/sync.md")
NINE = datetime(2026, 11, 23, 1, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FIELDS: dict[str, type[ma.Schema]] = {
    "field of a session": SessionSchema,
    "field of an operation": OperationSchema,
    "field of `clock`": Clock,
}
LIMITS = {
    "operations in a push": body.MOST_OPERATIONS,
    "bytes of a push, unpacked": body.LIMIT,
    "pictures of an operation": envelope.MOST_PHOTOS,
    "bytes of a preview": envelope.LARGEST_PREVIEW,
    "bytes of a picture": uploads.MAX_SIZE,
    "uploads that a server process serves at once": upload_limits.AT_ONCE,
    "levels of nesting in an operation": envelope.DEEPEST,
    "characters of a type": envelope.LONGEST_TYPE,
    "records in a page": pull.HIGHEST_LIMIT,
    "bytes of a page": pull.PAGE_BYTES,
    "days a cursor is good": pull.KEEPS_DAYS,
    "minutes an access token is good": tokens.ACCESS // MINUTE,
    "days a refresh token is good after its last use": tokens.REFRESH // DAY,
    "days a handover token is good": tokens.HANDOVER // DAY,
    "days an unfinished upload is kept": upload_rows.LIFETIME // DAY,
    "days a phone keeps what was sent": client_outbox.KEPT_DAYS,
}


@pytest.mark.parametrize("heading", FIELDS)
def test_every_field_is_told(heading: str) -> None:
    assert set(PAGE.named(heading)) == set(FIELDS[heading]().fields)


def test_every_field_of_both_answers_is_told() -> None:
    told = [{name for row in rows for name in CODE.findall(row[0])} for rows in PAGE.tables("field of the answer")]
    assert told == [set(PullPage().fields), set(PushAnswer().fields)]


def test_positions_have_the_fields_of_the_api() -> None:
    [told] = [row[1] for row in PAGE.table("field of an operation") if row[0] == "`position`"]
    shape = re.search(r"\{(.+?)\}", told)
    assert shape
    assert set(re.findall(r"\w+", shape[1])) == set(Position().fields)


def test_statuses_are_those_of_results() -> None:
    [one_of] = Result().fields["status"].validators
    assert isinstance(one_of, ma.validate.OneOf)
    assert PAGE.named("status") == list(one_of.choices)
    told = {name for row in PAGE.table("status") for name in re.findall(r"\w+", row[1])}
    assert {"collection", "record", "original", "current", "needs", "problem"} <= told


def test_collections_are_those_of_the_catalog() -> None:
    assert PAGE.named("collection") == [collection.name for collection in COLLECTIONS]


def test_types_and_their_payloads_are_those_of_the_catalog() -> None:
    rows = PAGE.table("type", "payload (besides `photos`)")
    assert [row[0].strip("`") for row in rows] == [kind.name for kind in OPERATIONS]
    assert {row[0].strip("`") for row in rows if row[2] == "yes"} == URGENT


@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.name)
def test_what_a_payload_must_hold_is_told(kind: OperationType) -> None:
    [told] = [row[1] for row in PAGE.table("type", "payload (besides `photos`)") if row[0] == f"`{kind.name}`"]
    needed = set(re.findall(r"`(\w+)(?:: [^`]+)?`", told))
    with pytest.raises(sync.errors.PayloadInvalid) as empty:
        kind.check({})
    assert needed == {fault["path"] for fault in empty.value.facts["errors"]}


def test_words_in_payloads_are_those_of_the_code() -> None:
    told = {(row[0].strip("`"), row[1].strip("`")): set(CODE.findall(row[2])) for row in PAGE.table("field", "of")}
    problems = policies.load("changji", ZoneInfo("Asia/Shanghai")).as_of(NINE).problems
    assert told["class", "problem.report"] == {*problems.classes, "unknown_class", "known"}
    assert told["severity", "problem.report"] == set(SEVERITIES)
    assert told["finding", "patrol.visit"] == set(FINDINGS)
    assert told["answers", "patrol.visit"] == {*CHECKS, "sha256"}
    fields = {name.partition(":")[0] for name in told["fields", "source.propose"]}
    assert fields == {*SourceFields().fields, *KINDS, *STATES, "source_id"}


def test_codes_have_the_statuses_that_stand_there() -> None:
    load_everything()
    known = {(str(status), code.code) for code in codes() for status in code.statuses}
    told = {(row[0], row[1].strip("`")) for rows in PAGE.tables("HTTP", "code") for row in rows}
    assert told - known == {("–", "no answer")}


def test_every_refusal_at_the_door_of_sync_and_of_uploads_is_told() -> None:
    doors = (backend.auth.errors, sync.errors, sync.upload_errors)
    refusals = {
        kind.code
        for door in doors
        for kind in vars(door).values()
        if isinstance(kind, type) and issubclass(kind, (Problem, sync.errors.SyncError)) and "code" in vars(kind)
        if not issubclass(kind, sync.errors.Rejected)
    }
    assert refusals - {row[1].strip("`") for rows in PAGE.tables("HTTP", "code") for row in rows} == set()


def test_limits_are_those_of_the_code() -> None:
    [limits] = [rows for rows in PAGE.tables("", "") if rows[0][0] in LIMITS]
    assert {name: int(value) for name, value in limits} == LIMITS
    assert LARGEST_PREVIEW == envelope.LARGEST_PREVIEW


def test_pauses_are_those_of_the_reference_client() -> None:
    slept: list[float] = []
    for failures, longest in PAGE.table("failures"):
        Patience(slept.append, Longest(), 99).pause(int(failures))
        assert slept.pop() == float(longest)


class Longest(random.Random):
    """Chance that always comes out at its most."""

    def uniform(self, a: float, b: float) -> float:
        return b


def test_the_order_is_that_of_the_reference_client() -> None:
    assert client_order.__doc__
    order = re.findall(r"^\d\. .+$", client_order.__doc__, re.M)
    assert len(order) == 4
    assert "\n".join(order) in PAGE.text


def test_the_phones_tables_are_those_of_the_reference_client() -> None:
    assert PAGE.blocks["storage"].strip() == client_storage.SCHEMA.strip()


def test_every_statement_of_conformance_is_shown_by_a_test_that_exists() -> None:
    rows = PAGE.table("", "a client …")
    assert [row[0] for row in rows] == [f"C-{number:02}" for number in range(1, len(rows) + 1)]
    shown = [row[2].strip("`").split("::") for row in rows]
    assert len({tuple(test) for test in shown}) == len(rows)
    missing = [f"{path}::{name}" for path, name in shown if name not in functions_of(path)]
    assert missing == []


def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_diagrams_are_drawn_of_all_that_can_go_wrong() -> None:
    told = "\n".join(re.findall(r"```mermaid\n(.*?)```", PAGE.text, re.S))
    for word in ("PATCH, Upload-Offset: 1048576", "R1", "handover_token", "generation", "supersedes", "duplicate"):
        assert word in told
    assert ";" not in told  # it would end a statement of mermaid's
