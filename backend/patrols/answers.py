"""Pure rules of forms: what a form may ask, which fields are shown, and what is wrong with the answers.

A field is `{name, label: {zh, en}, type, options?: [{value, label}], required?, show_if?: {field, equals}}`.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

Fault = dict[str, str]
"""`{path, message}`; the path begins at the answers or at the fields."""
Field = Mapping[str, Any]
Check = Callable[[Field, Any, Collection[str]], str | None]
"""(field, answer, the operation's pictures) -> what is wrong, or None."""

LONGEST_TEXT = 2000
NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
CHOOSING = ("choice", "choices")


def check_answers(fields: Sequence[Field], answers: Mapping[str, Any], pictures: Collection[str]) -> list[Fault]:
    """Everything that is wrong with the answers to a form; `pictures` are the SHA-256 that came along.

    What is not shown need not be answered and is not looked at; nor are answers to questions that the form never asked.
    """
    faults: list[Fault] = []
    visible = shown(fields, answers)
    for field in fields:
        answer = answers.get(field["name"])
        if field["name"] not in visible:
            continue
        if is_empty(answer):
            message = "Missing data for required field." if field.get("required") else None
        else:
            message = CHECKS[field["type"]](field, answer, pictures)
        if message:
            faults.append({"path": field["name"], "message": message})
    return faults


def shown(fields: Sequence[Field], answers: Mapping[str, Any]) -> set[str]:
    """Names of the fields that somebody with these answers sees. A condition looks back at a field that is shown."""
    visible: set[str] = set()
    for field in fields:
        condition = field.get("show_if")
        if condition is None or (
            condition["field"] in visible and _holds(answers.get(condition["field"]), condition["equals"])
        ):
            visible.add(field["name"])
    return visible


def _holds(answer: Any, wanted: Any) -> bool:
    """Is it the answer, or among the answers? True and 1 are two things."""
    given = answer if isinstance(answer, list) else [answer]
    return any(one == wanted and isinstance(one, bool) == isinstance(wanted, bool) for one in given)


def is_empty(answer: Any) -> bool:
    return answer is None or (isinstance(answer, str) and not answer.strip()) or answer == []


def check_fields(fields: Sequence[Field]) -> list[Fault]:
    """What is wrong with a form of well-shaped fields: names twice, choices without options, conditions ahead."""
    faults: list[Fault] = []
    before: set[str] = set()
    for place, field in enumerate(fields):
        condition = field.get("show_if")
        problems = {
            "name": not NAME.fullmatch(field["name"]) or field["name"] in before,
            "type": field["type"] not in CHECKS,
            "options": field["type"] in CHOOSING and not _values(field),
            "show_if": condition is not None and condition["field"] not in before,
        }
        faults += [{"path": f"{place}.{key}", "message": MEANINGS[key]} for key, bad in problems.items() if bad]
        before.add(field["name"])
    return faults


MEANINGS = {
    "name": "must be a lower-case word that no other field has",
    "type": "must be one of the known types",
    "options": "a choice needs options",
    "show_if": "must look back at a field before this one",
}


def _values(field: Field) -> list[Any]:
    return [option["value"] for option in field.get("options") or ()]


def _choice(field: Field, answer: Any, _pictures: Collection[str]) -> str | None:
    return None if isinstance(answer, str) and answer in _values(field) else "Must be one of the options."


def _choices(field: Field, answer: Any, pictures: Collection[str]) -> str | None:
    if not isinstance(answer, list) or any(_choice(field, one, pictures) for one in answer):
        return "Must be a list of the options."
    return None if len(set(answer)) == len(answer) else "Names an option twice."


def _text(_field: Field, answer: Any, _pictures: Collection[str]) -> str | None:
    if not isinstance(answer, str):
        return "Not a valid string."
    return None if len(answer) <= LONGEST_TEXT else f"Longer than {LONGEST_TEXT} characters."


def _number(_field: Field, answer: Any, _pictures: Collection[str]) -> str | None:
    finite = isinstance(answer, int) or (isinstance(answer, float) and math.isfinite(answer))
    return None if finite and not isinstance(answer, bool) else "Not a valid number."


def _yes_no(_field: Field, answer: Any, _pictures: Collection[str]) -> str | None:
    return None if isinstance(answer, bool) else "Not a valid boolean."


def _photo(_field: Field, answer: Any, pictures: Collection[str]) -> str | None:
    """One picture or several, each among those of the operation."""
    named = answer if isinstance(answer, list) else [answer]
    known = all(isinstance(one, str) and one in pictures for one in named)
    return None if known else "Must be the SHA-256 of a picture that comes with this visit."


CHECKS: dict[str, Check] = {
    "choice": _choice,
    "choices": _choices,
    "text": _text,
    "number": _number,
    "yes_no": _yes_no,
    "photo": _photo,
}
"""Every type of field, and how its answer is checked."""
