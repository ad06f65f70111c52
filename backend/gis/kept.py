"""Features of boundaries as GeoJSON, for those who ask again and again: made once in a process.

Nothing of a boundary changes under its id but its end, so what was made for both holds for ever. Who may see it is not
in it: every request asks the database for the keys of what this person sees, and for no more.
"""

import threading
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, cast

from flask import Flask, current_app

KEPT_BYTES = 64 * 1024 * 1024


class Key(NamedTuple):
    """One boundary, as long as it ends when it does."""

    code: str
    id: uuid.UUID
    valid_to: datetime | None


class Kept:
    """Features by key, shared by the threads of a process; the longest unused go first."""

    def __init__(self, room: int = KEPT_BYTES) -> None:
        self._room, self._used = room, 0
        self._features: OrderedDict[Key, bytes] = OrderedDict()
        self._turn = threading.Lock()

    def of(self, keys: Sequence[Key]) -> list[bytes | None]:
        """The feature of each key, None where it is not here."""
        with self._turn:
            known = [self._features.get(key) for key in keys]
            for key, feature in zip(keys, known, strict=True):
                if feature is not None:
                    self._features.move_to_end(key)
        return known

    def keep(self, made: Mapping[Key, bytes]) -> None:
        with self._turn:
            for key, feature in made.items():
                if key not in self._features:
                    self._features[key], self._used = feature, self._used + len(feature)
            while self._used > self._room:
                _, dropped = self._features.popitem(last=False)
                self._used -= len(dropped)


def install(app: Flask) -> None:
    app.extensions["xunge.features"] = Kept()


def kept() -> Kept:
    """This process's."""
    return cast(Kept, current_app.extensions["xunge.features"])
