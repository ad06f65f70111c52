"""Figures for Prometheus: requests as this process served them, and what the database says when it is asked.

Several processes serve one address, and each scrape reaches one of them: what a process counts carries its number, so
that `sum by (route) (rate(…))` is right. What the database says is the same whoever answers.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from sqlalchemy.orm import Session

SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Histogram(
    "xunge_request_seconds",
    "Requests by route and status, and how long they took",
    ("process", "method", "route", "status"),
    buckets=SECONDS,
)


@dataclass(frozen=True)
class Figure:
    """Something to be asked of the database: `ask(session)` gives a value for each word of `label`."""

    name: str
    help: str
    label: str
    ask: Callable[[Session], Mapping[str, float]]


def install(app: Flask) -> None:
    """Time every request. Routes are named by their rule: paths hold ids."""

    @app.before_request
    def begin() -> None:
        g.timed_from = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        if "timed_from" in g:
            named = (str(os.getpid()), request.method, str(request.url_rule or ""), str(response.status_code))
            REQUESTS.labels(*named).observe(time.perf_counter() - g.timed_from)
        return response


def exposition(session: Session, figures: tuple[Figure, ...]) -> bytes:
    """Everything, in Prometheus' text format."""
    asked = CollectorRegistry()
    for figure in figures:
        gauge = Gauge(figure.name, figure.help, (figure.label,), registry=asked)
        for word, value in figure.ask(session).items():
            gauge.labels(word).set(value)
    return generate_latest() + generate_latest(asked)
