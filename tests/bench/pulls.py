"""Pulls: without news, and first ones, of villages' supervisors and of counties' dispatchers."""

import gzip
import statistics
import time
from collections.abc import Iterator
from urllib.parse import quote

import orjson

from tests.bench.callers import Caller, alive, at_once, ms_each, plain
from tests.bench.phones import Phone
from tests.bench.size import Size
from tests.bench.timing import MS, PER_SECOND, SECONDS, Measure

PULL = "/api/v1/sync/pull?limit=1000"


def without_news(phone: Phone, size: Size) -> Iterator[Measure]:
    path = f"{PULL}&cursor={quote(phone.cursor)}"

    def pull(caller: Caller) -> bytes:
        return caller.get(path)

    with_body = Caller.get(phone.caller(), path)
    yield Measure(
        title="pull without news, one at a time",
        names=("",),
        units=(MS,),
        ours=lambda: [statistics.median(ms_each(phone.caller, [pull] * size.calls))],
        bare_name="GET /healthz",
        bare=lambda: [statistics.median(ms_each(phone.caller, [alive] * size.calls))],
        rounds=size.rounds,
        note=lambda: f"{len(plain(with_body))} bytes",
    )
    yield Measure(
        title=f"pull without news, {size.connections} at once",
        names=("", ", p95"),
        units=(PER_SECOND, MS),
        ours=lambda: at_once([(phone.caller, [pull] * size.calls_at_once)] * size.connections),
        bare_name="GET /healthz",
        bare=lambda: at_once([(phone.caller, [alive] * size.calls_at_once)] * size.connections),
        rounds=size.rounds,
    )


def first(phones: dict[str, Phone], size: Size) -> Iterator[Measure]:
    """Of each of these phones, by what to call it: a supervisor's takes milliseconds, a dispatcher's seconds."""
    for name, phone in phones.items():
        yield _first(f"first pull, {name}", MS if phone.account["role"] == "supervisor" else SECONDS, phone, size)


def _first(title: str, unit: str, phone: Phone, size: Size) -> Measure:
    pages = list(_snapshot(phone.caller()))
    bodies = [orjson.loads(plain(page)) for page in pages]
    rows = sum(len(body["changes"]) for body in bodies)
    scale = 1000 if unit == MS else 1

    def ours() -> list[float]:
        caller = phone.caller()
        caller.get("/healthz")
        started = time.perf_counter()
        for _ in _snapshot(caller):
            pass
        took = time.perf_counter() - started
        caller.close()
        return [took * scale]

    def bare() -> list[float]:
        started = time.perf_counter()
        for body in bodies:
            gzip.compress(orjson.dumps(body), 6)
        return [(time.perf_counter() - started) * scale]

    note = f"{rows} records, {len(pages)} pages, {sum(map(len, pages)) / 1024:.1f} KiB on the wire"
    return Measure(title, ("",), (unit,), ours, "orjson + gzip of the same", bare, size.rounds, lambda: note)


def _snapshot(caller: Caller) -> Iterator[bytes]:
    """All pages of a snapshot, as they came over the wire."""
    path = PULL
    while True:
        page = caller.get(path)
        yield page
        body = orjson.loads(plain(page))
        if not body["more"]:
            return
        path = f"{PULL}&cursor={quote(body['cursor'])}"
