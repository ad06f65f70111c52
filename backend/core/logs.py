"""Structured logs, one JSON line each, with the request's id. No personal data, no tokens, no bodies."""

import logging
import sys
import time
from typing import Any

import structlog
from flask import Flask, Response, g, request

from backend.core.ids import new_id


def configure() -> None:
    """Set up logging of this process.

    What the libraries say through `logging` leaves in the same form, with the id of the request that they served.
    """
    renderer: Any = structlog.processors.JSONRenderer()
    common: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*common, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # text and newline in one write: those of two workers would run together
        logger_factory=structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    plain = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=common, processors=[plain, renderer]))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def install(app: Flask) -> None:
    """Give every request an id, taken from `X-Request-Id` when it is a sane one, and log one line for it."""
    log = structlog.get_logger("request")

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if 8 <= len(given) <= 64 and given.isascii() and given.isprintable() else str(new_id())
        g.began = time.perf_counter()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        log.info(
            "request",
            method=request.method,
            route=str(request.url_rule or ""),
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
        )
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        structlog.contextvars.unbind_contextvars("request_id")
