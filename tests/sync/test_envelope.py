"""Reading operations: whatever comes, it is kept and told what is wrong with it, and nothing breaks."""

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.body import parsed
from sync.envelope import DEEPEST, HIGHEST_SEQUENCE, from_body, read
from sync.errors import BadPush
from tests.sync.phone import digest

DATUMS = frozenset({"WGS84"})
SOUND: dict[str, Any] = {
    "id": "0199a1b2-0000-7000-8000-000000000001",
    "sequence": 41,
    "previous": "AB" * 32,
    "by": "0199a1b2-0000-7000-8000-000000000002",
    "type": "alarm.onsite",
    "made_at": "2026-11-22T09:41:07+08:00",
    "clock": {"anchor": "x", "elapsed_ms": 5},
    "position": {"lon": 87.301, "lat": 44.012, "accuracy_m": 12, "datum": "WGS84", "mock": False},
    "payload": {"note": "dust", "photos": [{"sha256": "CD" * 32, "size": 5, "role": "scene"}], "base_version": 3},
}

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_a_sound_operation_is_read_whole() -> None:
    known = read(SOUND | {"new_field": [1]}, DATUMS)
    assert known.fault is None
    assert known.hash == digest(SOUND | {"new_field": [1]})
    assert (known.sequence, known.previous, known.base_version) == (41, "ab" * 32, 3)
    assert known.made_at == datetime(2026, 11, 22, 1, 41, 7, tzinfo=UTC)
    assert known.payload == {"note": "dust", "base_version": 3}
    assert known.photos == [{"sha256": "cd" * 32, "size": 5, "role": "scene"}]
    assert known.extras == {"new_field": [1]}
    assert from_body(known.body, DATUMS) == known


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert read(SOUND | {"payload": {"note": "\\u0000"}}, DATUMS).fault is None
    assert read(SOUND | {"payload": {"note\0": ""}}, DATUMS).fault is not None


def nested(levels: int) -> Any:
    raw: Any = 1
    for level in range(levels):
        raw = [raw] if level % 2 else {"a": raw}
    return raw


def test_what_is_nested_too_deep_for_an_answer_is_kept_and_refused() -> None:
    assert read(SOUND | {"payload": {"details": nested(DEEPEST - 2)}}, DATUMS).fault is None
    for levels in (DEEPEST - 1, 240, 900):
        known = read(SOUND | {"payload": {"details": nested(levels)}}, DATUMS)
        assert known.fault is not None
        assert known.id is not None
        assert from_body(known.body, DATUMS).hash == known.hash


@given(raw=anything)
def test_anything_is_kept_as_it_came(raw: Any) -> None:
    known = read(raw, DATUMS)
    assert json.loads(known.body) == raw
    assert len(known.hash) == 64
    assert known.fault is not None


@given(field=st.sampled_from(sorted(SOUND)), value=anything)
def test_one_wrong_field_is_a_fault_or_harmless(field: str, value: Any) -> None:
    known = read(SOUND | {field: value}, DATUMS)
    again = from_body(known.body, DATUMS)
    assert (again.hash, type(again.fault)) == (known.hash, type(known.fault))
    if known.fault is None:
        assert known.id is not None
        assert known.by is not None
        assert known.type is not None
        assert known.sequence is not None
        assert 1 <= known.sequence <= HIGHEST_SEQUENCE
        assert orjson.dumps([known.payload, known.photos, known.extras, known.position])


@given(head=anything)
def test_a_head_is_sound_or_refused(head: Any) -> None:
    body = json.dumps({"operations": [], "head": head}).encode()
    if head is None:
        assert parsed(body).head is None
        return
    with pytest.raises(BadPush):
        parsed(body)
