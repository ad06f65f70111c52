"""What the application sends messages with: the texts of its kinds of notices, and the ways out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from backend.core.ways import Ways
from backend.notices import texts
from backend.policy.service import PolicyBook, PolicyError

OWN = {"channel.test": frozenset({"at"})}
"""Kinds of messages that this package itself sends, with the facts of their texts."""


@dataclass(frozen=True)
class Office:
    texts: texts.Texts
    ways: Ways


def install(app: Flask, kinds: Mapping[str, frozenset[str]], book: PolicyBook, ways: Ways) -> None:
    """`kinds`: the notices that leave the app, with the facts of their texts. Raises TextsError, PolicyError."""
    known = {**OWN, **kinds}
    for policy in book.versions:
        if strange := sorted(set(policy.notices.urgent) - known.keys()):
            raise PolicyError(f"{policy.label}: notices.urgent: no notice is of kind {', '.join(strange)}")
    app.extensions["xunge.notices"] = Office(texts.load(known, book.zone), ways)


def office() -> Office:
    """That of the application which serves this request, job or command."""
    return cast(Office, current_app.extensions["xunge.notices"])
