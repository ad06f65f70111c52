"""What every request may rely on: bodies, transactions, problems, request ids, health."""

import gzip
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.routing import AnyConverter, BaseConverter

from backend.audit import service as audit
from backend.audit.models import AuditEntry
from backend.core.body import LIMIT, unpack
from backend.core.edge import Application, session
from backend.core.errors import BadJson, NotFound, TooLarge
from tests.backend.cast import PASSWORD, Member
from tests.backend.conftest import Caller
from tests.backend.together import at_once

Call = Callable[[str], Caller]
DEVICE = {"id": "0199a000-0000-7000-8000-000000000001", "name": "p", "platform": "android", "app_version": "1"}


def entries(app: Application) -> list[str]:
    with app.database.transaction(write=False) as reader:
        return list(reader.scalars(select(AuditEntry.action).where(AuditEntry.action.like("test.%"))))


def test_returning_commits_and_raising_rolls_back(app: Application) -> None:
    @app.post("/write/<outcome>")
    def write(outcome: str) -> str:
        audit.record(session(), f"test.{outcome}", "test", 1)
        session().flush()
        if outcome == "raise":
            raise NotFound
        return "done"

    client = app.test_client()
    assert client.post("/write/return").status_code == 200
    assert client.post("/write/raise").status_code == 404
    assert entries(app) == ["test.return"]


def test_a_get_cannot_write(app: Application) -> None:
    @app.get("/look")
    def look() -> str:
        assert session().scalar(select(AuditEntry.id).limit(1))
        return "seen"

    assert app.test_client().get("/look").text == "seen"


def test_an_unexpected_fault_is_a_problem_without_a_traceback(app: Application) -> None:
    @app.get("/fault")
    def fault() -> str:
        raise ZeroDivisionError("secret detail")

    answer = app.test_client().get("/fault")
    assert (answer.status_code, answer.json["code"]) == (500, "server_fault")
    assert "secret" not in answer.text
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_a_gzip_body_is_unpacked_and_limited_by_its_unpacked_size(app: Application, cast: dict[str, Member]) -> None:
    body = {"phone": cast["Aygul"].phone, "password": PASSWORD, "device": DEVICE}
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    client = app.test_client()
    packed = gzip.compress(orjson.dumps(body))
    assert client.post("/api/v1/auth/login", data=packed, headers=headers).status_code == 200
    bomb = gzip.compress(b" " * (LIMIT + 1))
    answer = client.post("/api/v1/auth/login", data=bomb, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    answer = client.post("/api/v1/auth/login", data=packed[:-9], headers=headers)
    assert (answer.status_code, answer.json["code"]) == (400, "bad_json")


def test_a_plain_body_over_the_limit(app: Application) -> None:
    answer = app.test_client().post("/api/v1/auth/login", data=b" " * (LIMIT + 1), content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


def test_unpacking() -> None:
    assert unpack(gzip.compress(b"a" * 10), 10) == b"a" * 10
    with pytest.raises(TooLarge):
        unpack(gzip.compress(b"a" * 11), 10)
    with pytest.raises(BadJson):
        unpack(b"no gzip", 10)


def test_an_unknown_query_parameter_is_told(call: Call) -> None:
    answer = call("Ding").get("/tasks?stat=open")
    assert (answer.status_code, answer.json["code"]) == (422, "unknown_field")
    assert answer.json["errors"][0]["path"] == "query.stat"


def test_a_record_that_somebody_else_just_changed_is_asked_for_again(app: Application) -> None:
    @app.post("/stale")
    def stale() -> str:
        raise StaleDataError("two at once")

    answer = app.test_client().post("/stale")
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "busy", "1")


def test_the_api_is_described(app: Application) -> None:
    described = app.test_client().get("/api/openapi.json").json
    assert described["openapi"] == "3.1.0"
    assert "/api/v1/auth/login" in described["paths"]


def test_several_who_ask_first_are_told_the_whole_api(app: Application) -> None:
    told: list[Any] = []
    at_once(*[lambda: told.append(app.test_client().get("/api/openapi.json").json)] * 3)
    assert told == [app.test_client().get("/api/openapi.json").json] * 3


PUBLIC = {"/", "/healthz", "/readyz", "/metrics", "/api/openapi.json", "/api/docs", "/api/docs/errors"}
PUBLIC_PREFIXES = ("/api/v1/auth/login", "/api/v1/auth/refresh", "/static/", "/api/docs/")


def _taken_by(converter: BaseConverter) -> Any:
    """A value that this part of a path admits."""
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 1 if converter.regex == r"\d+" else "00000000-0000-7000-8000-000000000000"


def test_a_stranger_without_a_token_gets_nowhere(app: Application) -> None:
    client = app.test_client()
    tried = 0
    for rule in app.url_map.iter_rules():
        if rule.rule in PUBLIC or rule.rule.startswith(PUBLIC_PREFIXES):
            continue
        values = {name: _taken_by(converter) for name, converter in rule._converters.items()}
        with app.test_request_context():
            path = app.url_for(rule.endpoint, **values)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            spoken = {"Tus-Resumable": "1.0.0", "X-HTTP-Method-Override": "PATCH"}
            answer = client.open(path, method=method, json={} if method != "GET" else None, headers=spoken)
            assert answer.status_code == 401, f"{method} {path}: {answer.status_code} {answer.text}"
            tried += 1
    assert tried > 5
