"""Is this process alive, and may it take work?"""

from collections.abc import Callable, Iterable

import structlog
from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text

from backend.core import clock_watch, migrations
from backend.core.edge import application, session
from backend.core.metrics import exposition

Check = Callable[[], str | None]
"""Returns what is wrong, or None. What asks the database uses the request's `session()`."""

log = structlog.get_logger("health")
blueprint = Blueprint("health", __name__)


@blueprint.route("/healthz")
def alive() -> Response:
    return jsonify(status="ok")


@blueprint.route("/readyz")
def ready() -> tuple[Response, int]:
    """May this process take work? Warnings are for people: to send phones elsewhere would not help."""
    faults, warnings = asked(application().checks), asked(application().warnings)
    status = "not ready" if faults else "ready"
    return jsonify(status=status, faults=faults, warnings=warnings), 503 if faults else 200


def asked(checks: Iterable[tuple[str, Check]]) -> dict[str, str]:
    """What is wrong, by the name of the check."""
    found: dict[str, str] = {}
    for name, check in checks:
        try:
            fault = check()
        except Exception as error:
            log.exception("readiness check failed", check=name)
            fault = type(error).__name__
        if fault:
            found[name] = fault
    return found


@blueprint.route("/metrics")
def metrics() -> Response:
    """How this process serves, and what waits in the database."""
    return Response(exposition(session(), application().figures), content_type=CONTENT_TYPE_LATEST)


def database_check() -> str | None:
    """Does the database answer?"""
    session().execute(text("SELECT 1"))
    return None


def migrations_check() -> str | None:
    """Has the database the tables that this code was written for?"""
    here, wanted = migrations.revision(session().connection()), migrations.head(application().database)
    return None if here == wanted else f"the database is at revision {here}, this code needs {wanted}"


def clock_check() -> str | None:
    """Is our clock within 2 s of the database's?"""
    off = clock_watch.apart(session())
    return f"clock is {off.total_seconds():.1f} s off the database's" if off > clock_watch.TOLERANCE else None
