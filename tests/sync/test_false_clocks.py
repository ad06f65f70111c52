"""A phone that lies in whole pushes, over HTTP.

Whatever it claims of its clocks, hands back as its anchor, names as its head or sends in which order: its work gets no
time before the anchor it had nor after receipt, no upper bound below the instant at which it was really made, and
anchors of others, of forgers and of a key that was taken out prove nothing. Nothing of it refuses the work.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.anchors import Anchors
from sync.evidence import Interval
from tests.sync.house import MORNING, VILLAGE, House
from tests.sync.phone import Phone, digest

BOOTS = ("boot-1", "boot-2")
PLACES = ("next", "next", "left out", "filled in")
"""A liar may leave out a sequence, and fill it in when the next one is long received."""

nonsense = st.one_of(
    st.none(), st.booleans(), st.integers(1 - 2**53, 2**53 - 1), st.floats(-1e9, 1e9), st.sampled_from(["", "soon"])
)
whiles = st.one_of(nonsense, st.integers(0, 10**8))
walls = st.one_of(
    nonsense,
    st.integers(-(10**9), 10**9).map(lambda seconds: (MORNING + timedelta(seconds=seconds)).isoformat()),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-11-22T09:00:00"]),
)
clocks = st.fixed_dictionaries(
    {},
    optional={
        "elapsed_ms": whiles,
        "boot": st.one_of(nonsense, st.sampled_from(BOOTS)),
        "source": st.one_of(nonsense, st.sampled_from(["elapsed_realtime", "performance_now"])),
        "round_trip_ms": whiles,
        "wall_at_anchor": walls,
        "wall": walls,
    },
)
numbers = st.integers(0, 999)
fixes = st.one_of(st.none(), st.integers(-(10**9), 10**9).map(lambda s: (MORNING + timedelta(seconds=s)).isoformat()))
steps = st.lists(
    st.tuples(
        st.integers(0, 3 * 3600),
        st.one_of(
            st.tuples(st.just("contact"), st.sampled_from(BOOTS)),
            st.tuples(st.just("make"), numbers, st.one_of(nonsense, clocks), st.sampled_from(PLACES), numbers, fixes),
            st.tuples(st.just("make"), numbers, clocks, st.just("next"), st.just(0), fixes),
            st.tuples(st.just("push"), numbers),
            st.tuples(st.just("name_head"), numbers, st.booleans()),
        ),
    ),
    min_size=4,
    max_size=20,
)


@dataclass(frozen=True)
class Truth:
    """What really was: the instant at which an operation was made, and the anchor that came with it, if it was ours."""

    made_at: datetime
    anchored_at: datetime | None
    below: str | None
    """The hash that it names."""


@dataclass
class Liar:
    """Holds every anchor it ever heard, and some that it should not have. Made anew for each story, of one house."""

    house: House
    phone: Phone
    anchors: list[tuple[Any, datetime | None]]
    """(token, when it was given), without an instant where it is none of ours."""
    made: list[dict[str, Any]] = field(default_factory=list)
    unsent: list[dict[str, Any]] = field(default_factory=list)
    holes: list[int] = field(default_factory=list)
    truth: dict[str, Truth] = field(default_factory=dict)
    """By hash."""
    received: dict[str, datetime] = field(default_factory=dict)
    """By id."""

    @classmethod
    def of(cls, house: House) -> "Liar":
        phone, neighbour = house.phone(VILLAGE), house.phone(VILLAGE)
        taken_out = Anchors([b"o" * 32], house.clock).issue(phone.device_id, "boot-1")
        return cls(house, phone, [(None, None), (taken_out, None), (neighbour.page()["anchor"], None)])

    def contact(self, boot: str, **query: Any) -> None:
        headers = self.phone.headers | {"Xunge-Boot": boot}
        anchor = self.phone.http.get("/sync/pull", query_string=query, headers=headers).get_json()["anchor"]
        self.anchors += [(anchor, self.house.clock.at), ("B" + anchor[1:], None), (anchor[:-4] + "AAAA", None)]

    def make(self, which: int, clock: Any, place: str, below: int, fixed_at: str | None) -> None:
        """`below`: 0 for a true chain, else some other operation, or none."""
        anchor, at = self.anchors[which % len(self.anchors)]
        named = [self.phone.previous, None, *map(digest, self.made)]
        said: dict[str, Any] = {"clock": clock | {"anchor": anchor} if isinstance(clock, dict) else clock}
        if isinstance(clock, dict) and at and which % 2:  # nearly the truth, a little ahead of it
            since = (self.house.clock.at - at) // timedelta(milliseconds=1) + which * 3
            said["clock"] |= {"elapsed_ms": since, "boot": "boot-1", "source": "elapsed_realtime"}
        said |= {"previous": named[below % len(named)], "position": None}
        if fixed_at:
            said["position"] = {"lon": 87.3, "lat": 44.0, "datum": "WGS84", "fixed_at": fixed_at}
        said |= self.sequence(place)
        operation = self.phone.make(title="t", **said)
        anchored = at if isinstance(clock, dict) else None
        self.truth[digest(operation)] = Truth(self.house.clock.at, anchored, operation["previous"])
        self.made.append(operation)
        self.unsent.append(operation)

    def sequence(self, place: str) -> dict[str, int]:
        if place == "left out":
            self.phone.sequence += 1
            self.holes.append(self.phone.sequence)
        if place == "filled in" and self.holes:
            self.phone.sequence -= 1
            return {"sequence": self.holes.pop()}
        return {}

    def push(self, which: int) -> None:
        some = self.unsent[which % 3 :: which % 2 + 1][:: 1 if which % 5 else -1]
        head = {"sequence": self.phone.sequence, "hash": self.phone.previous} if self.made and which % 7 else None
        answer = self.phone.push(*some, head=head)
        assert {result["status"] for result in answer["results"]} <= {"applied"}
        for operation in some:
            self.received[operation["id"]] = self.house.clock.at
            self.unsent.remove(operation)

    def name_head(self, which: int, made_up: bool) -> None:
        if self.made and not made_up:
            head = self.made[which % len(self.made)]
            self.contact("boot-1", head_sequence=head["sequence"], head_hash=digest(head))
        else:
            self.contact("boot-1", head_sequence=self.phone.sequence + which % 3 + 1, head_hash=f"{which:064x}")

    def anchored(self, operation: dict[str, Any]) -> bool:
        """Is there an anchor of ours in it, or in what it and those below it name?"""
        truth = self.truth.get(digest(operation))
        while truth is not None:
            if truth.anchored_at:
                return True
            truth = self.truth.get(truth.below or "")
        return False


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_no_push_of_false_claims_gains_a_time(house: House, steps: list[tuple[int, tuple[Any, ...]]]) -> None:
    liar = Liar.of(house)
    for seconds, (act, *how) in steps:
        house.clock.move(seconds=seconds)
        getattr(liar, act)(*how)
    found = {str(one.id): one.interval for one in house.applied}
    house.applied.clear()
    for operation in liar.made:
        if operation["id"] in found:
            judged(liar, operation, found[operation["id"]])
            judged(liar, operation, as_told_now(house, operation))


def as_told_now(house: House, operation: dict[str, Any]) -> Interval:
    with house.database.transaction(write=False) as session:
        entry = house.sync.inbox_entry(session, uuid.UUID(operation["id"]))
        assert entry
        known = house.sync.testimony(session, entry)
    assert known
    return known


def judged(liar: Liar, operation: dict[str, Any], known: Interval) -> None:
    truth, received = liar.truth[digest(operation)], liar.received[operation["id"]]
    earliest, latest = known.span()
    assert truth.made_at <= known.not_after <= received
    assert latest <= known.not_after
    if known.point:
        assert known.not_before
        assert known.not_before <= known.point <= known.not_after
    if truth.anchored_at:
        assert known.not_before
        assert earliest
        assert truth.anchored_at <= known.not_before <= earliest <= latest
    elif not liar.anchored(operation):
        assert (known.level, known.not_before, known.point) == ("claimed", None, None)
