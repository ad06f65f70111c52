"""What a push learns of when its operations were made."""

from datetime import timedelta
from typing import Any

from tests.sync.house import MORNING, VILLAGE, House
from tests.sync.phone import digest


def test_clock_claims_never_refuse(house: House) -> None:
    aynur = house.phone(VILLAGE)
    clocks: list[Any] = [None, 5, {}, {"anchor": 5}, {"anchor": "x", "elapsed_ms": -(10**30)}, {"elapsed_ms": []}]
    assert aynur.statuses(*[aynur.make(title="t", clock=clock) for clock in clocks[:-2]]) == ["applied"] * 4
    assert house.applied[0].interval.level == "claimed"
    assert house.applied[0].interval.not_after == MORNING


def test_an_anchored_operation_carries_its_interval(house: House) -> None:
    aynur = house.phone(VILLAGE)
    anchor = aynur.page()["anchor"]
    house.clock.move(hours=3)
    clock = {"anchor": anchor, "elapsed_ms": 3_600_000, "boot": "boot-1", "source": "elapsed_realtime"}
    assert aynur.statuses(aynur.make(title="t", clock=clock)) == ["applied"]
    known = house.applied[0].interval
    assert (known.level, known.not_before, known.point) == ("attested", MORNING, MORNING + timedelta(hours=1))
    assert known.not_after == MORNING + timedelta(hours=3)


def test_a_head_seen_earlier_bounds_what_its_chain_holds(house: House) -> None:
    aynur = house.phone(VILLAGE)
    first, second = aynur.make(title="1"), aynur.make(title="2")
    aynur.page(head_sequence=2, head_hash=digest(second))
    house.clock.move(hours=1)
    third = aynur.make(title="3")
    answer = aynur.push(third, head={"sequence": 3, "hash": digest(third)})
    assert (answer["received_up_to"], answer["missing"]) == (0, [1, 2])
    house.clock.move(hours=1)
    answer = aynur.push(first, second)
    assert (answer["received_up_to"], answer["missing"]) == (3, [])
    bounds = {one.sequence: one.interval.not_after for one in house.applied}
    assert bounds == {1: MORNING, 2: MORNING, 3: MORNING + timedelta(hours=1)}


def test_a_head_whose_chain_does_not_match_bounds_nothing(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.page(head_sequence=1, head_hash="0" * 64)
    house.clock.move(hours=1)
    assert aynur.statuses(aynur.make(title="1")) == ["applied"]
    assert house.applied[0].interval.not_after == MORNING + timedelta(hours=1)


def test_what_came_first_bounds_the_work_before_it(house: House) -> None:
    """Alarm answers are pushed first, older work when there is time; the phone names no head."""
    aynur = house.phone(VILLAGE)
    older, old, urgent = aynur.make(title="1"), aynur.make(title="2"), aynur.make(title="urgent")
    aynur.push(urgent)
    house.clock.move(hours=2)
    aynur.push(old)
    house.clock.move(hours=2)
    aynur.push(older)
    assert [(one.sequence, one.interval.not_after) for one in house.applied] == [
        (3, MORNING),
        (2, MORNING),
        (1, MORNING),
    ]


def test_work_is_not_older_than_the_anchor_of_the_work_before_it(house: House) -> None:
    aynur = house.phone(VILLAGE)
    worn = aynur.page()["anchor"]
    house.clock.move(hours=1)
    fresh = aynur.page()["anchor"]
    first, second = aynur.make(title="1", clock={"anchor": fresh}), aynur.make(title="2", clock={"anchor": worn})
    house.clock.move(hours=1)
    aynur.push(first)  # another push, so that what is proved of it was written down
    aynur.push(second)
    third, fourth = aynur.make(title="3"), aynur.make(title="4", previous="f" * 64)
    aynur.push(third)
    aynur.push(fourth)
    hour = MORNING + timedelta(hours=1)
    assert [one.interval.not_before for one in house.applied] == [hour, hour, hour, None]
    assert [one.interval.level for one in house.applied] == ["proved", "proved", "proved", "claimed"]


def test_the_time_of_a_satellite_fix_is_kept_with_what_is_odd_about_it(house: House) -> None:
    aynur = house.phone(VILLAGE)
    position = {"lon": 87.3, "lat": 44.0, "datum": "WGS84", "fixed_at": "2026-11-22T09:05:00+08:00"}
    assert aynur.statuses(aynur.make(title="t", position=position)) == ["applied"]
    known = house.applied[0].interval
    assert known.fixed_at == MORNING + timedelta(minutes=5)
    assert known.findings == ("no_anchor", "fix_after_receipt")
