"""Names of people, invented from common parts (`data/names.csv`), in the mixture of peoples that lives in Changji."""

import random
from functools import cache

from backend.demo.geography import rows

PEOPLES = ("han", "hui", "uyghur", "kazakh")
USUAL = (74, 11, 6, 9)
AMONG_KAZAKHS = (22, 5, 4, 69)
KAZAKH_PLACES = ("哈萨克", "牧业", "阿什里", "大石头", "博斯坦")


def person(chance: random.Random, where: str) -> str:
    """A name for somebody who works in a grid with this name."""
    weights = AMONG_KAZAKHS if any(word in where for word in KAZAKH_PLACES) else USUAL
    parts = _parts()[chance.choices(PEOPLES, weights)[0]]
    if "surname" in parts:
        return chance.choice(parts["surname"]) + chance.choice(parts["given"])
    return f"{chance.choice(parts['given'])}·{chance.choice(parts['father'])}"


@cache
def _parts() -> dict[str, dict[str, list[str]]]:
    parts: dict[str, dict[str, list[str]]] = {}
    for row in rows("names.csv"):
        parts.setdefault(row["people"], {})[row["part"]] = row["names"].split()
    return parts
