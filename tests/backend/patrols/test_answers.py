"""Forms and their answers, as pure rules."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.patrols.answers import CHECKS, check_answers, check_fields, is_empty, shown

PICTURE = "a" * 64
LABEL = {"zh": "问", "en": "q"}
OPTIONS = [{"value": "on", "label": LABEL}, {"value": "off", "label": LABEL}]
FORM: list[dict[str, Any]] = [
    {"name": "running", "label": LABEL, "type": "choice", "options": OPTIONS, "required": True},
    {
        "name": "smoke",
        "label": LABEL,
        "type": "yes_no",
        "show_if": {"field": "running", "equals": "on"},
        "required": True,
    },
    {"name": "colour", "label": LABEL, "type": "text", "show_if": {"field": "smoke", "equals": True}, "required": True},
    {"name": "hours", "label": LABEL, "type": "number"},
    {"name": "measures", "label": LABEL, "type": "choices", "options": OPTIONS},
    {"name": "gate", "label": LABEL, "type": "photo"},
]
TEXTS = st.text("on off黑\0", max_size=8)  # a small alphabet: the full one takes seconds to load
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=5,
)


def faulty(**answers: Any) -> list[str]:
    return [fault["path"] for fault in check_answers(FORM, answers, {PICTURE})]


def test_what_is_shown_must_be_answered() -> None:
    assert faulty() == ["running"]
    assert faulty(running="off") == []
    assert faulty(running="on") == ["smoke"]
    assert faulty(running="on", smoke=False) == []
    assert faulty(running="on", smoke=True) == ["colour"]
    assert faulty(running="on", smoke=True, colour="  ") == ["colour"]
    assert faulty(running="on", smoke=True, colour="黑") == []


def test_what_is_not_shown_is_not_looked_at() -> None:
    assert faulty(running="off", smoke="nonsense", colour=7, never_asked=1) == []


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("hours", [0, 3.5, 10**400, None], ["3", True, float("nan"), [1]]),
        ("measures", [[], ["on"], ["on", "off"]], ["on", ["maybe"], ["on", "on"], [[]]]),
        ("gate", [PICTURE, [PICTURE], None], ["b" * 64, [PICTURE, 3], 5]),
    ],
)
def test_each_type_has_its_answers(name: str, right: list[Any], wrong: list[Any]) -> None:
    assert [faulty(running="off", **{name: answer}) for answer in right] == [[]] * len(right)
    assert [faulty(running="off", **{name: answer}) for answer in wrong] == [[name]] * len(wrong)


def test_texts_have_an_end() -> None:
    assert faulty(running="on", smoke=True, colour="x" * 2000) == []
    assert faulty(running="on", smoke=True, colour="x" * 2001) == ["colour"]


@given(st.dictionaries(st.sampled_from([field["name"] for field in FORM]), ANYTHING))
def test_no_answer_is_too_odd(answers: dict[str, Any]) -> None:
    visible = shown(FORM, answers)
    faults = {fault["path"] for fault in check_answers(FORM, answers, {PICTURE})}
    assert faults <= visible
    for field in FORM:
        if field["name"] in visible and field.get("required") and is_empty(answers.get(field["name"])):
            assert field["name"] in faults


def test_the_forms_own_mistakes_are_found() -> None:
    assert check_fields(FORM) == []
    assert [fault["path"] for fault in check_fields([FORM[1]])] == ["0.show_if"]
    assert [fault["path"] for fault in check_fields([FORM[0], FORM[0]])] == ["1.name"]
    assert [fault["path"] for fault in check_fields([FORM[0] | {"options": []}])] == ["0.options"]
    assert [fault["path"] for fault in check_fields([{"name": "Bad Name", "type": "essay"}])] == ["0.name", "0.type"]
    assert set(CHECKS) == {"choice", "choices", "text", "number", "yes_no", "photo"}
