"""How fast a clock is judged: eight events, from the order to the disposal, proof and both sentences included."""

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson

from backend.alarms.rules import Happening, verdict
from backend.policy import service as policies
from sync.evidence import Interval
from tests.bench.size import Size
from tests.bench.timing import PER_SECOND, Measure

ZONE = ZoneInfo("Asia/Shanghai")
ORDERED = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
STORY = (
    ("raised", 0), ("ordered", 0), ("received", 2), ("instructed", 5), ("accepted", 10), ("onsite", 50),
    ("onsite", 70), ("disposal", 100),
)  # fmt: skip


def judging(size: Size) -> Iterator[Measure]:
    policy = policies.load("changji", ZONE).versions[0]
    events = [_happening(number, kind, minutes) for number, (kind, minutes) in enumerate(STORY)]
    written = [orjson.dumps([event.interval.to_json() if event.interval else None, event.type]) for event in events]
    then = ORDERED + timedelta(hours=3)

    def rate(work: Callable[[], object]) -> list[float]:
        started = time.perf_counter()
        for _ in range(size.points // 100):
            work()
        return [size.points // 100 / (time.perf_counter() - started)]

    yield Measure(
        title="verdict over eight events",
        names=("",),
        units=(PER_SECOND,),
        ours=lambda: rate(lambda: verdict("onsite", events, policy, then, ZONE)),
        bare_name="orjson reads the eight events",
        bare=lambda: rate(lambda: [orjson.loads(event) for event in written]),
        rounds=size.rounds,
    )


def _happening(number: int, kind: str, minutes: int) -> Happening:
    at = ORDERED + timedelta(minutes=minutes)
    made = Interval(ORDERED, at, 900, at + timedelta(minutes=5), "attested") if kind in ("onsite", "disposal") else None
    facts = {"person_id": str(uuid.UUID(int=1))} if kind == "instructed" else {}
    return Happening(uuid.UUID(int=number + 1), number, kind, made.not_after if made else at, made, facts)
