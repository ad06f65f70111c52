"""An honest phone, however unlucky, is never said to have worked at another time than it did.

Its life is drawn by chance: work, contacts whose answers are lost, restarts, a wall clock that jumps, a monotonic clock
that runs 200 ppm wrong. What it made then arrives in any order, over weeks or never. The server does nothing wrong.
"""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.anchors import Anchors
from sync.chain import Chain, Link
from sync.evidence import DRIFT_PER_MILLION, Interval, interval

PHONE = uuid.UUID(int=7)
START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
MILLION = 1_000_000
MOVES = ("work", "work", "contact", "lost contact", "restart", "jump")


@dataclass
class Made:
    sequence: int
    clock: dict[str, Any]
    truth: datetime
    wall: datetime

    @property
    def hash(self) -> str:
        return f"hash {self.sequence}"


@dataclass
class HonestPhone:
    """`rate` is what its monotonic clock counts in a second of true time, in microseconds."""

    rate: int
    source: str = "elapsed_realtime"
    now: datetime = START
    began: datetime = START
    boot: int = 1
    wall_error: timedelta = timedelta()
    kept: dict[str, Any] | None = None
    made: list[Made] = field(default_factory=list)
    heads: list[tuple[int, str, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.anchors = Anchors([b"k" * 32], lambda: self.now)

    def elapsed_ms(self) -> int:
        return int((self.now - self.began) / timedelta(microseconds=1) * self.rate / MILLION / 1000)

    def work(self, _length: timedelta) -> None:
        clock: dict[str, Any] = {"source": self.source, "boot": str(self.boot)}
        if self.kept is not None:
            clock["anchor"] = self.kept["anchor"]
            if self.kept["boot"] == self.boot:
                clock |= {"elapsed_ms": self.elapsed_ms() - self.kept["at_ms"], "round_trip_ms": self.kept["trip"]}
        self.made.append(Made(len(self.made) + 1, clock, self.now, self.now + self.wall_error))

    def contact(self, length: timedelta, lost: bool = False) -> None:
        """The request is under way for some of its round trip, the answer for the rest."""
        asked = self.elapsed_ms()
        self.now += min(length, timedelta(seconds=20)) / 3
        if self.made:
            self.heads.append((self.made[-1].sequence, self.made[-1].hash, self.now))
        anchor = self.anchors.issue(PHONE, str(self.boot))
        self.now += min(length, timedelta(seconds=20)) / 3 * 2
        if not lost:
            at = self.elapsed_ms()
            self.kept = {"anchor": anchor, "at_ms": at, "trip": at - asked, "boot": self.boot}

    def restart(self, _length: timedelta) -> None:
        self.boot, self.began = self.boot + 1, self.now

    def jump(self, length: timedelta) -> None:
        self.wall_error = length if self.boot % 2 else -length

    def live(self, moves: list[tuple[str, timedelta]]) -> None:
        for move, length in moves:
            self.now += length
            if move == "lost contact":
                self.contact(length, lost=True)
            else:
                getattr(self, move)(length)


def server_says(phone: HonestPhone, received: dict[int, datetime]) -> list[tuple[Made, Interval, Interval]]:
    """Of each operation that came: what it says alone, and within its chain, when the last one has come."""
    came = [made for made in phone.made if made.sequence in received]
    alone = {made.sequence: _judged(phone, made, received[made.sequence]) for made in came}
    links = [
        Link(
            made.sequence,
            made.hash,
            f"hash {made.sequence - 1}" if made.sequence > 1 else None,
            received[made.sequence],
            alone[made.sequence].not_before,
            (alone[made.sequence].attested or (None,))[0],
        )
        for made in came
    ]
    chain = Chain(links, phone.heads)
    chained = [_judged(phone, made, received[made.sequence], chain) for made in came]
    return list(zip(came, alone.values(), chained, strict=True))


def _judged(phone: HonestPhone, made: Made, received_at: datetime, chain: Chain | None = None) -> Interval:
    anchor = phone.anchors.read(made.clock.get("anchor"), PHONE)
    around = {"around": chain.around(made.sequence, made.hash)} if chain else {}
    return interval(anchor, made.clock, PHONE, received_at, made_at=made.wall, **around)


lengths = st.one_of(st.timedeltas(timedelta(0), timedelta(seconds=2)), st.timedeltas(timedelta(0), timedelta(days=30)))
lives = st.lists(st.tuples(st.sampled_from(MOVES), lengths), min_size=1, max_size=30)
rates = st.integers(MILLION - DRIFT_PER_MILLION, MILLION + DRIFT_PER_MILLION)
OF_AN_HONEST_PHONE = {
    "no_anchor",
    "no_elapsed",
    "other_boot",
    "wall_after_receipt",
    "wall_before_anchor",
}


@settings(max_examples=500)
@given(rate=rates, moves=lives, data=st.data())
def test_the_truth_always_lies_within(rate: int, moves: list[tuple[str, timedelta]], data: st.DataObject) -> None:
    phone = HonestPhone(rate)
    phone.live(moves)
    delays = st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=40)))
    arrivals = {made.sequence: data.draw(delays) for made in phone.made}
    truths = {made.sequence: made.truth for made in phone.made}
    received = {number: truths[number] + delay for number, delay in arrivals.items() if delay is not None}
    for made, alone, chained in server_says(phone, received):
        earliest, latest = chained.span()
        assert chained.not_after <= alone.not_after
        assert (alone.not_before or START) <= (chained.not_before or START)
        assert (earliest or START) <= made.truth <= latest
        assert (chained.not_before or START) <= made.truth <= chained.not_after
        assert set(chained.findings) <= OF_AN_HONEST_PHONE
        assert chained.level == "attested" or alone.level != "attested"


def test_clocks_are_read_in_whole_milliseconds() -> None:
    phone = HonestPhone(MILLION - DRIFT_PER_MILLION)
    phone.live([("contact", timedelta(0)), ("work", timedelta(milliseconds=5001.99))])
    [(made, _, chained)] = server_says(phone, {1: phone.made[0].truth + timedelta(hours=1)})
    assert chained.attested is not None
    assert chained.attested[0] <= made.truth <= chained.attested[1]


def test_a_slow_clock_counted_less_than_the_time_of_which_it_drifted() -> None:
    phone = HonestPhone(MILLION - DRIFT_PER_MILLION)
    phone.live([("contact", timedelta(0)), ("work", timedelta(days=30))])
    [(made, _, chained)] = server_says(phone, {1: phone.made[0].truth + timedelta(hours=1)})
    assert chained.attested is not None
    assert chained.attested[0] <= made.truth <= chained.attested[1]


@given(rate=rates, moves=lives, slept=lengths)
def test_a_browser_whose_clock_stops_in_sleep_is_never_said_to_have_worked_earlier(
    rate: int, moves: list[tuple[str, timedelta]], slept: timedelta
) -> None:
    phone = HonestPhone(rate, source="performance_now")
    phone.live(moves)
    phone.now, phone.began = phone.now + slept, phone.began + slept  # it did not count this
    phone.work(slept)
    made = phone.made[-1]
    [*_, (_, _, chained)] = server_says(phone, {one.sequence: made.truth for one in phone.made})
    assert chained.level != "attested"
    assert (chained.not_before or START) <= made.truth <= chained.not_after
