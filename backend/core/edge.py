"""The edge of the application: a request's one transaction, its body, and what becomes of errors.

A request opens its transaction when something first asks for `session()`, which is after its body was read, and the
transaction is committed before the answer leaves: returning commits, raising rolls back (architecture, rule 1).
"""

import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, cast

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from backend.core.body import Request
from backend.core.database import Database
from backend.core.errors import NotFound
from backend.core.jobs import Job
from backend.core.metrics import Figure
from backend.core.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Application(Flask):
    """Flask, with our edge. Made by `backend.app.create_app` only."""

    request_class = Request
    settings: Settings
    database: Database
    checks: tuple[tuple[str, Callable[[], str | None]], ...]
    """What /readyz asks, by name: each returns what is wrong, or None."""
    warnings: tuple[tuple[str, Callable[[], str | None]], ...]
    """What else /readyz asks, for people to look at: it takes no server out of work."""
    figures: tuple[Figure, ...]
    """What /metrics asks of the database."""
    jobs: tuple[Job, ...]
    """Background work, taken by `xunge worker` or the embedded loop."""
    next_sequence: Callable[[Session, uuid.UUID, uuid.UUID], int]
    """(session, device, person) -> the sequence of the next operation that this person makes on this device."""
    work_on: Callable[[Session, Sequence[tuple[uuid.UUID, uuid.UUID]]], list[dict[str, Any]]]
    """(session, [(device, person), …]) -> how the work of each stands: what is here and what is still on the phone."""
    new_generation: Callable[[Session], str]
    """After a restore from backup: phones push again what they kept."""

    admit: Callable[[], object]
    """Refuses a request of nobody we know."""
    unguarded: frozenset[str]
    """Names of the blueprints that let anyone in, or look at their callers and bodies themselves."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Nothing of ours is asynchronous: Flask need not ask that of every function of every request."""
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        if "\0" in request.path:  # PostgreSQL could not even look for it
            raise NotFound
        with ExitStack() as g.transaction:
            if request.url_rule and request.blueprint and request.blueprint not in self.unguarded:
                request.get_data()  # no transaction is open while a body is read
                self.admit()
            answer = super().dispatch_request()
        g.pop("session", None)
        return answer


def application() -> Application:
    """The application that serves this request."""
    return cast(Application, current_app)


def session() -> Session:
    """This request's session. GET and HEAD read one snapshot; every other method writes."""
    if "session" not in g:
        writes = request.method not in SAFE_METHODS
        g.session = g.transaction.enter_context(application().database.transaction(write=writes))
    return cast(Session, g.session)


def language() -> str:
    """What the reader prefers: "zh" unless English is asked for first."""
    return "en" if request.accept_languages.best_match(["zh", "en"], default="zh") == "en" else "zh"


def json_answer(body: bytes, status: int = 200, **headers: Any) -> Response:
    """Bytes that are JSON already."""
    return Response(body, status, headers, mimetype="application/json")
