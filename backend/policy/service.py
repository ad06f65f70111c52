"""Loading policy files and finding the one in force on a day."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import marshmallow as ma
from flask import Flask, current_app

from backend.policy.model import Policy
from backend.policy.schemas import PolicySchema

FILES = Path(__file__).parent / "files"


class PolicyError(Exception):
    """A policy file that cannot be used; the message names file, key and reason, one fault a line."""


@dataclass(frozen=True)
class PolicyBook:
    """Every version of a deployment's policy, oldest first."""

    versions: tuple[Policy, ...]
    zone: ZoneInfo

    def as_of(self, at: datetime) -> Policy:
        """The version in force at an instant; before the first, the first."""
        day = at.astimezone(self.zone).date()
        return next((policy for policy in reversed(self.versions) if policy.effective_from <= day), self.versions[0])


def load(name: str, zone: ZoneInfo, folder: Path = FILES) -> PolicyBook:
    """Read `name.toml` and its other versions `name@*.toml`. Raises PolicyError, also where two have the same label,
    which every decision keeps, or the same first day."""
    paths = [folder / f"{name}.toml", *sorted(folder.glob(f"{name}@*.toml"))]
    if not paths[0].exists():
        known = ", ".join(sorted(path.stem for path in folder.glob("*.toml") if "@" not in path.stem))
        raise PolicyError(f"{paths[0]}: no such policy file; there are: {known}")
    found = {path: read(path) for path in paths}
    for what in ("label", "effective_from"):
        _refuse_same(found, what)
    return PolicyBook(tuple(sorted(found.values(), key=lambda policy: policy.effective_from)), zone)


def _refuse_same(found: Mapping[Path, Policy], what: str) -> None:
    by_value: dict[object, Path] = {}
    for path, policy in found.items():
        other = by_value.setdefault(getattr(policy, what), path)
        if other != path:
            raise PolicyError(f"{path}: {what}: {getattr(policy, what)} is that of {other} too")


def read(path: Path) -> Policy:
    """One policy file. Raises PolicyError."""
    try:
        source = tomllib.loads(path.read_text(encoding="utf-8"))
        data: dict[str, Any] = PolicySchema().load(source)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: {error}") from error
    except ma.ValidationError as error:
        faults = "\n".join(f"{path}: {key}: {reason}" for key, reason in _faults(error.messages))
        raise PolicyError(faults) from error
    return Policy(**data)


def install(app: Flask, book: PolicyBook) -> None:
    """What `book` hands out from now on."""
    app.extensions["xunge.policy"] = book


def book() -> PolicyBook:
    """The policies of the application that serves this request, job or command."""
    return cast(PolicyBook, current_app.extensions["xunge.policy"])


def _faults(messages: Any, path: tuple[str, ...] = ()) -> Iterable[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            # marshmallow says "value" between a mapping's key and what is wrong with it
            yield from _faults(inner, path if key in ("value", "key", "_schema") else (*path, str(key)))
    else:
        for reason in messages:
            yield ".".join(path), str(reason)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The local calendar day of an instant."""
    return at.astimezone(zone).date()
