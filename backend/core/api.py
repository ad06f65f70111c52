"""The product's own Api, Blueprint and Schema on flask-smorest: problems as answers, strict bodies."""

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any, cast

import marshmallow as ma
import orjson
from apispec import APISpec
from flask import Flask, Response, g, request
from flask.json.provider import JSONProvider
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from webargs.core import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from backend.core import errors
from backend.core.body import parsed, texts
from backend.core.edge import language
from media.errors import MediaError
from sync.decide import crosses

MAX_PAGE = 1000


class OrjsonProvider(JSONProvider):
    """orjson speaks UUIDs and aware times by itself, ten times as fast."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        body = self._prepare_response_obj(args, kwargs)
        return Response(orjson.dumps(body), mimetype="application/json")


class Schema(ma.Schema):
    """Strict: an unknown field is an error, and no text may hold a NUL byte (PostgreSQL could not store it)."""

    class Meta:
        unknown = ma.RAISE
        ordered = True

    @ma.pre_load
    def refuse_nul(self, data: Any, **_: Any) -> Any:
        if any("\0" in text for text in texts(data)):
            raise errors.BadText
        return data


class PageQuery(Schema):
    """Cursor paging. `limit` is clamped, never refused; `cursor` is the `next` of the page before."""

    limit = ma.fields.Integer(load_default=100)
    cursor = ma.fields.String(load_default=None, allow_none=True)

    @ma.post_load
    def clamp(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "limit": min(max(data["limit"], 1), MAX_PAGE)}


class Parser(FlaskParser):
    """A misspelt filter must not silently list everything: unknown query parameters are errors like unknown fields."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": None}  # noqa: RUF012

    def _raw_load_json(self, req: Any) -> Any:
        # the standard library takes NaN and half an emoji for JSON, and falls over what is nested too deep
        body = req.get_data() if req.is_json else b""
        return parsed(body) if body else missing


class Blueprint(SmorestBlueprint):
    """A blueprint with our parser, whose answers are what the view returns: pages stand in the body."""

    ARGUMENTS_PARSER = Parser()


class ProblemDetails(ma.Schema):
    """RFC 9457, with a stable code; more facts stand beside these, by code."""

    type = ma.fields.String()
    code = ma.fields.String(metadata={"description": "stable; see /api/docs/errors"})
    status = ma.fields.Integer()
    title = ma.fields.String(metadata={"description": "a sentence for the user, in the language asked for"})
    detail = ma.fields.String()
    request_id = ma.fields.String()
    errors = ma.fields.List(ma.fields.Dict(), metadata={"description": "{path, message} of each faulty field"})


class Api(SmorestApi):
    """Every error leaves as problem details. The description is written when somebody first asks for it.

    Writing it takes longer than everything else that makes an application, and most processes are never asked.
    """

    ERROR_SCHEMA = ProblemDetails

    def __init__(self, app: Flask) -> None:
        self._registered: list[Blueprint] = []
        self._written: dict[str, Any] = {}
        self._writing = Lock()
        super().__init__(app)

    def register_blueprint(self, blp: Blueprint, **options: Any) -> None:
        self._app.register_blueprint(blp, **options)
        self._registered.append(blp)

    def description(self) -> dict[str, Any]:
        """The OpenAPI document of all blueprints. Threads may ask at once."""
        with self._writing:
            self._written = self._written or self._write()
            return self._written

    def _write(self) -> dict[str, Any]:
        super()._init_spec()
        spec = cast(APISpec, self.spec)
        for blueprint in self._registered:
            blueprint.register_views_in_doc(self, self._app, spec, name=blueprint.name, parameters=None)
            spec.tag({"name": blueprint.name, "description": blueprint.description})
        return spec.to_dict()

    def _init_spec(self, **options: Any) -> None:
        """Not yet: see `description`."""

    def _openapi_json(self) -> Response:
        return Response(orjson.dumps(self.description()), mimetype="application/json")

    def _register_error_handlers(self) -> None:
        app = self._app
        app.register_error_handler(errors.Problem, problem_response)
        for family in errors.SPEAKING_FAMILIES:
            app.register_error_handler(family, problem_response)
        app.register_error_handler(MediaError, lambda error: problem_response(errors.of_media(error)))
        # Somebody changed the record between our reading and writing it: the same request will do better.
        app.register_error_handler(StaleDataError, lambda _: _again())
        app.register_error_handler(OperationalError, _again_if_crossed)
        app.register_error_handler(HTTPException, self.handle_http_exception)

    def handle_http_exception(self, error: HTTPException) -> Response:
        return problem_response(_from_http(error))


def _again() -> Response:
    return problem_response(errors.Busy(headers={"Retry-After": "1"}))


def _again_if_crossed(fault: OperationalError) -> Response:
    """Of two transactions that waited for each other the database let this one go. What else it says is our fault."""
    if crosses(fault):
        return _again()
    raise fault


def problem_response(error: Any) -> Response:
    body = errors.as_problem(error, language()) | {"request_id": g.get("request_id")}
    headers = getattr(error, "headers", {})
    return Response(orjson.dumps(body), error.status, headers, mimetype="application/problem+json")


def _from_http(error: HTTPException) -> errors.Problem:
    data = getattr(error, "data", None)
    if isinstance(data, dict) and "messages" in data:
        return from_messages(data["messages"])
    if isinstance(error, RequestEntityTooLarge):
        return errors.TooLarge()
    status = error.code or 500
    if status == 404:
        return errors.NotFound(path=request.path)
    if status >= 500:
        return errors.ServerFault()
    refusal = errors.HttpRefusal(error.description, headers=_headers_of(error), name=error.name)
    refusal.status = status  # type: ignore[misc]  # the framework's own status, said once
    return refusal


def _headers_of(error: HTTPException) -> dict[str, str]:
    # smorest drops these; a 405 without Allow helps nobody
    return {name: value for name, value in error.get_headers() if name not in ("Content-Type", "Content-Length")}


def from_messages(messages: Mapping[str, Any]) -> errors.Problem:
    """marshmallow's nested messages, by location, as one problem with the path of every faulty field."""
    faults = [
        fault
        for location, inner in messages.items()
        for fault in _faults(inner, () if location == "json" else (location,))
    ]
    if any(fault["message"] == "Invalid JSON body." for fault in faults):
        return errors.BadJson()
    if faults and all(fault["message"] == "Unknown field." for fault in faults):
        return errors.UnknownField(errors=faults)
    return errors.Invalid(errors=faults)


def beyond(schema: ma.Schema, said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said that the schema does not know, also inside what it knows."""
    known = {field.data_key or name: field for name, field in schema.fields.items()}
    found = {name: value for name, value in said.items() if name not in known}
    for name, field in known.items():
        inside = said.get(name)
        if isinstance(field, ma.fields.Nested) and isinstance(inside, dict):
            found |= {name: deeper} if (deeper := beyond(field.schema, inside)) else {}
    return found


def faults_of(messages: Any) -> list[dict[str, str]]:
    """marshmallow's nested messages, flat: `{path, message}`, one for each fault."""
    return list(_faults(messages, ()))


def _faults(messages: Any, path: tuple[str, ...]) -> Iterable[dict[str, str]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _faults(inner, path if key == "_schema" else (*path, str(key)))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _faults(inner, path)
    else:
        yield {"path": ".".join(path), "message": str(messages)}
