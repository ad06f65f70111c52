"""Pushes read no more of a chain than they need, and judge as if they had read all of it."""

import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from sync.anchors import Anchors
from sync.chain import BEGINS_ANEW, CHAIN_BROKEN, HEAD_DIFFERS, SEQUENCE_TWICE, Chain, Link
from sync.evidence import Interval, interval
from tests.sync.house import KEY, VILLAGE, House
from tests.sync.phone import Phone, digest

MISFITS = {BEGINS_ANEW, CHAIN_BROKEN, HEAD_DIFFERS, SEQUENCE_TWICE}


@dataclass
class Ledger:
    """All that a server could know of one chain, and what it should say of an operation when it is pushed."""

    device_id: uuid.UUID
    links: dict[int, Link] = field(default_factory=dict)
    heads: list[tuple[int, str, datetime]] = field(default_factory=list)

    def alone(self, made: dict[str, Any], received_at: datetime, **more: Any) -> Interval:
        anchor = Anchors([KEY], lambda: received_at).read(made["clock"].get("anchor"), self.device_id)
        return interval(anchor, made["clock"], self.device_id, received_at, **more)

    def receive(self, batch: list[dict[str, Any]], now: datetime) -> dict[int, Interval]:
        for made in batch:
            said, place = self.alone(made, now), (made["sequence"], digest(made), made["previous"])
            self.links[made["sequence"]] = Link(*place, now, said.not_before, (said.attested or (None,))[0])
        chain = Chain([self.links[sequence] for sequence in sorted(self.links)], self.heads)
        return {
            made["sequence"]: self.alone(made, now, around=chain.around(made["sequence"], digest(made)))
            for made in batch
        }


def lived(house: House, phone: Phone, ledger: Ledger, chance: random.Random) -> tuple[list[Any], list[datetime]]:
    """Work of some days, with contacts in between that may name what was made; and when each was really made."""
    work, truths, clock = [], [], {"boot": "boot-1", "source": "elapsed_realtime", "round_trip_ms": 0}
    told: datetime | None = None
    for number in range(chance.randint(5, 15)):
        house.clock.move(minutes=chance.randint(0, 600))
        if chance.random() < 0.4:
            named = {}
            if work and chance.random() < 0.6:
                named = {"head_sequence": number, "head_hash": digest(work[-1])}
                ledger.heads.append((number, digest(work[-1]), house.clock.at))
            clock["anchor"], told = phone.page(**named)["anchor"], house.clock.at
        since = {} if told is None else {"elapsed_ms": int((house.clock.at - told).total_seconds() * 1000)}
        work.append(phone.make(title=str(number), clock=clock | since))
        truths.append(house.clock.at)
    return work, truths


@pytest.mark.parametrize("seed", range(12))
def test_a_push_judges_by_the_whole_chain(house: House, seed: int) -> None:
    chance, phone = random.Random(seed), house.phone(VILLAGE)
    ledger = Ledger(phone.device_id)
    work, truths = lived(house, phone, ledger, chance)
    chance.shuffle(work)
    while work:
        house.clock.move(minutes=chance.randint(1, 600))
        batch = [work.pop() for _ in range(min(len(work), chance.randint(1, 4)))]
        expected = ledger.receive(batch, house.clock.at)
        house.applied.clear()
        assert phone.statuses(*batch) == ["applied"] * len(batch)
        for operation in house.applied:
            found, truth = operation.interval, truths[operation.sequence - 1]
            wanted = expected[operation.sequence]
            assert (found.not_before, found.point, found.not_after) == (
                wanted.not_before,
                wanted.point,
                wanted.not_after,
            )
            assert not MISFITS & set(found.findings)
            assert found.not_after >= truth
            assert found.not_before is None or found.not_before <= truth
