"""Work that was withheld, altered or made up does not fit into its chain, and whoever looks at it is told."""

import uuid
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync.chain import BEGINS_ANEW, Chain, Link
from tests.sync.house import MORNING, VILLAGE, House
from tests.sync.phone import Phone, digest

OF_NO_CONTACT = "no_anchor"


def told(house: House) -> list[list[str]]:
    """What was found of each applied operation when it was applied, but that it had no anchor."""
    return [[word for word in one.interval.findings if word != OF_NO_CONTACT] for one in house.applied]


def shown(house: House, made: dict[str, Any]) -> list[str]:
    """What a reviewer finds of an operation by now."""
    with house.database.transaction(write=False) as session:
        entry = house.sync.inbox_entry(session, uuid.UUID(made["id"]))
        assert entry is not None
        interval = house.sync.testimony(session, entry)
    assert interval is not None
    return [word for word in interval.findings if word != OF_NO_CONTACT]


def altered(phone: Phone, made: dict[str, Any]) -> dict[str, Any]:
    """Another operation in the place of this one."""
    return made | {"id": str(uuid.uuid4()), "payload": made["payload"] | {"title": "altered"}}


def test_who_names_another_than_the_one_before(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.push(first := aynur.make(title="1"))
    aynur.previous = "f" * 64
    aynur.push(second := aynur.make(title="2"))
    assert told(house) == [[], ["chain_broken"]]
    assert [shown(house, one) for one in (first, second)] == [["chain_broken"]] * 2


def test_what_was_altered_after_a_contact_named_it(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = aynur.make(title="1")
    aynur.page(head_sequence=1, head_hash=digest(made))
    house.clock.move(hours=1)
    aynur.push(another := altered(aynur, made))
    assert told(house) == [["head_differs"]]
    assert shown(house, another) == ["head_differs"]


def test_what_was_here_before_a_contact_named_another(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = aynur.make(title="1")
    aynur.push(another := altered(aynur, made))
    house.clock.move(hours=1)
    aynur.page(head_sequence=1, head_hash=digest(made))
    assert (told(house), shown(house, another)) == ([[]], ["head_differs"])


def test_what_was_altered_after_the_one_that_names_it(house: House) -> None:
    aynur = house.phone(VILLAGE)
    first, second = aynur.make(title="1"), aynur.make(title="2")
    aynur.push(second)
    house.clock.move(hours=1)
    aynur.push(another := altered(aynur, first))
    assert told(house) == [[], ["chain_broken"]]
    assert [shown(house, one) for one in (another, second)] == [["chain_broken"]] * 2


def test_two_of_one_sequence(house: House) -> None:
    aynur = house.phone(VILLAGE)
    first = aynur.make(title="1")
    aynur.push(first, twin := altered(aynur, first))
    assert told(house) == [["sequence_twice"]] * 2
    assert [shown(house, one) for one in (first, twin)] == [["sequence_twice"]] * 2


def test_an_app_that_was_installed_anew_is_told_as_no_more_than_that(house: House) -> None:
    aynur = house.phone(VILLAGE)
    kept, lost = aynur.make(title="1"), aynur.make(title="lost")
    aynur.page(head_sequence=2, head_hash=digest(lost))
    aynur.push(kept)
    with house.database.transaction(write=False) as session:
        aynur.sequence = house.sync.next_sequence(session, aynur.device_id, aynur.person_id) - 1
    aynur.previous = None
    third, fourth = aynur.make(title="3"), aynur.make(title="4")
    aynur.push(third, fourth, head={"sequence": 4, "hash": digest(fourth)})
    assert told(house) == [[], [BEGINS_ANEW], []]
    assert [shown(house, one) for one in (kept, third, fourth)] == [[], [BEGINS_ANEW], []]


steps = st.lists(st.sampled_from(("make", "make", "contact", "send", "send", "install anew")), max_size=40)


@given(steps=steps, data=st.data())
def test_an_honest_phone_always_fits(steps: list[str], data: st.DataObject) -> None:
    """Whatever was sent or lost, named or not, in whatever order it came."""
    outbox: list[Link] = []
    here: list[Link] = []
    heads: list[tuple[int, str, Any]] = []
    last: tuple[int, str | None] = (0, None)
    for number, step in enumerate(steps):
        if step == "make":
            outbox.append(Link(last[0] + 1, f"hash {number}", last[1], MORNING))
            last = (outbox[-1].sequence, outbox[-1].hash)
        elif step == "contact" and last[1] is not None:
            heads.append((*last, MORNING))
        elif step == "send" and outbox:
            here.append(outbox.pop(data.draw(st.integers(0, len(outbox) - 1))))
        elif step == "install anew":
            outbox.clear()
            last = (max([0, *(one.sequence for one in here), *(head[0] for head in heads)]), None)
        chain = Chain(sorted(here, key=lambda one: one.sequence), heads)
        for one in here:
            anew = one.previous is None and one.sequence > 1
            assert chain.around(one.sequence, one.hash).findings == ((BEGINS_ANEW,) if anew else ())
