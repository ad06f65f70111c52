"""Pushes of 50 operations without pictures: visits and reports by turns."""

from collections.abc import Iterator, Sequence

import orjson

from tests.bench.callers import Call, Caller, at_once, plain
from tests.bench.houses import House
from tests.bench.phones import Phone
from tests.bench.size import Size
from tests.bench.timing import MS, PER_SECOND, Measure

PUSH = "/api/v1/sync/push"
BATCHES_AT_ONCE = 2
"""Of each phone in a round."""


def pushes(house: House, phones: Sequence[Phone], scribe: Phone, size: Size) -> Iterator[Measure]:
    """`scribe` makes operations as phones do, for the bare insert; they are never pushed."""
    house.scratch.run("CREATE TABLE operations (id CHAR(36) PRIMARY KEY, body TEXT NOT NULL)")
    bare_name = "the same bodies: INSERT, one commit a batch"
    yield Measure(
        title=f"push of {size.batch}, one phone",
        names=("", ", a batch"),
        units=(PER_SECOND, MS),
        ours=lambda: _push(phones[:1], 1, size),
        bare_name=bare_name,
        bare=lambda: _insert(house, scribe, size),
        rounds=size.rounds,
        note=lambda: "operations",
    )
    yield Measure(
        title=f"push of {size.batch}, {len(phones)} phones at once",
        names=("", ", a batch, p95"),
        units=(PER_SECOND, MS),
        ours=lambda: _push(phones, BATCHES_AT_ONCE, size),
        bare_name=bare_name,
        bare=lambda: _insert(house, scribe, size),
        rounds=size.rounds,
        note=lambda: "operations",
    )


def _push(phones: Sequence[Phone], batches: int, size: Size) -> tuple[float, float]:
    """Operations a second, and milliseconds of the slowest batches (p95)."""
    jobs = [(phone.caller, [_pushing(phone, size.batch) for _ in range(batches)]) for phone in phones]
    rate, slowest = at_once(jobs)
    return rate * size.batch, slowest


def _pushing(phone: Phone, count: int) -> Call:
    """A push that is ready to be sent."""
    body = phone.push_body(phone.batch(count))

    def push(caller: Caller) -> None:
        results = orjson.loads(plain(caller.post(PUSH, body)))["results"]
        refused = [result for result in results if result["status"] != "applied"]
        if refused or len(results) != count:
            raise RuntimeError(f"{len(refused)} of {len(results)} operations were not applied: {refused[:1]}")

    return push


def _insert(house: House, scribe: Phone, size: Size) -> tuple[float, float]:
    rows = [(made.id, made.body.decode()) for made in scribe.batch(size.batch)]
    seconds = house.scratch.insert("operations", rows)
    return size.batch / seconds, seconds * 1000
