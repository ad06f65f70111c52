"""Filling in a form with anything that it allows."""

import random
from collections.abc import Callable
from typing import Any

Field = dict[str, Any]


def fill_in(form: dict[str, Any], picture: str, dice: random.Random) -> dict[str, Any]:
    """Answers to all that is shown (api.md, Records: forms); `picture` is the SHA-256 of the one that comes along."""
    answers: dict[str, Any] = {}
    for field in form["fields"]:
        if _is_shown(field, answers):
            answers[field["name"]] = picture if field["type"] == "photo" else ANSWERS[field["type"]](field, dice)
    return answers


def _is_shown(field: Field, answers: dict[str, Any]) -> bool:
    condition = field.get("show_if")
    if condition is None:
        return True
    answer = answers.get(condition["field"])
    return condition["equals"] in answer if isinstance(answer, list) else bool(answer == condition["equals"])


def _values(field: Field) -> list[Any]:
    return [option["value"] for option in field["options"]]


def _some(field: Field, dice: random.Random) -> list[Any]:
    values = _values(field)
    return dice.sample(values, dice.randint(1, len(values)))


ANSWERS: dict[str, Callable[[Field, random.Random], Any]] = {
    "choice": lambda field, dice: dice.choice(_values(field)),
    "choices": _some,
    "text": lambda _field, dice: f"看过 {dice.randint(1, 99)}",
    "number": lambda _field, dice: dice.randint(0, 500),
    "yes_no": lambda _field, dice: dice.random() < 0.5,
}
