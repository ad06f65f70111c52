"""Whatever came as JSON has the RFC 8785 form that the reference implementation gives it."""

from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from sync import canonical
from sync.canonical import canonical as form

HALF = "\ud83d"
numbers = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | st.floats(-180, 180)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def said(value: Any) -> bytes | type[Exception]:
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        return type(error)


@given(values)
@example({"b": 1, "a": {"lon": 87.31194283734649, "ok": True, "note": '堆场\x00\x1f\x7f\u2028"\\/\b\f\n\r\t😀'}})
@example([1.0, -0.0, 1e21, 1e16, 123456789012345.6, 1e-6, 5e-324, 0.001, 2**53, 2**53 - 1])
@example({"\U0001f600": 1, "\ue000": 2, "é": 3})
def test_it_is_what_the_reference_implementation_writes(value: Any) -> None:
    expected = said(value)
    if isinstance(expected, bytes):
        assert form(value) == expected
    else:
        with pytest.raises(expected):
            form(value)


@pytest.mark.parametrize("value", [HALF, {"a": [HALF]}, {HALF: 1}])
def test_half_of_an_emoji_has_none(value: Any) -> None:
    with pytest.raises((UnicodeError, rfc8785.CanonicalizationError)):
        form(value)


def test_what_is_nested_deeper_than_orjson_goes_has_one() -> None:
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    assert form(deep) == b"[" * 301 + b"]" * 301


def test_an_ordinary_operation_is_written_by_orjson(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical.rfc8785, "dumps", pytest.fail)
    said = {"sequence": 7, "position": {"lon": 87.3, "lat": 44.0078, "accuracy_m": 12}, "payload": {"note": "扬尘"}}
    assert form(said).startswith(b'{"payload":{"note":"\xe6\x89\xac')
