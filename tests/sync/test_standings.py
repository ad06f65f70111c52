"""What of the work of many is here, in one look; and what a reviewer may apply again."""

import random
import uuid

import pytest
import sqlalchemy as sa

from sync.catalog import Device
from sync.devices import Progress, progress
from sync.push import NotReplayable
from sync.standings import Standing
from tests.sync.house import MORNING, TABLES, VILLAGE, House
from tests.sync.phone import Phone, digest


def standing(house: House, phone: Phone) -> Standing:
    with house.database.transaction(write=False) as session:
        return house.sync.standings(session, [(phone.device_id, phone.person_id)])[phone.device_id, phone.person_id]


def told(house: House, phone: Phone) -> Progress:
    """What a push tells the phone itself."""
    with house.database.transaction(write=False) as session:
        return progress(session, TABLES, Device(phone.device_id, phone.person_id))


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_what_the_phone_is_told(house: House, seed: int) -> None:
    chance, phones = random.Random(seed), [house.phone(VILLAGE) for _ in range(3)]
    for phone in phones:
        made = [phone.make(title=str(n)) for n in range(chance.randint(1, 30))]
        sent = chance.sample(made, chance.randint(1, len(made)))
        named = chance.choice([None, {"sequence": len(made), "hash": digest(made[-1])}])
        phone.push(*sent, head=named)
    for phone in phones:
        said, found = told(house, phone), standing(house, phone)
        holes = [number for first, last in found.missing for number in range(first, last + 1)]
        assert (found.received_up_to, holes) == (said.received_up_to, said.missing)
        assert (found.still_on_phone, found.last_push_at) == (len(holes), MORNING)


def test_of_whom_nothing_came_nothing_is_said(house: House) -> None:
    with house.database.transaction(write=False) as session:
        assert house.sync.standings(session, [(uuid.uuid4(), uuid.uuid4())]) == {}
        assert house.sync.standings(session, []) == {}


def test_many_cost_as_many_statements_as_one(house: House) -> None:
    owners, counted = [], []
    for _ in range(5):
        phone = house.phone(VILLAGE)
        phone.push(phone.make(title="first"), phone.make(title="third", sequence=3))
        owners.append((phone.device_id, phone.person_id))
    sa.event.listen(house.database.engine, "before_cursor_execute", lambda *said: counted.append(said[2]))
    with house.database.transaction(write=False) as session:
        found = house.sync.standings(session, owners)
    assert {owner: stands.missing for owner, stands in found.items()} == dict.fromkeys(owners, ((2, 2),))
    assert len([statement for statement in counted if statement.startswith("SELECT")]) == 2


def test_another_persons_work_on_the_phone_is_not_ones_own(house: House) -> None:
    aynur = house.phone(VILLAGE)
    bolat = Phone(aynur.http, aynur.device_id, house.phone(VILLAGE).person_id)
    aynur.push(aynur.make(title="1"), aynur.make(title="3", sequence=3))
    bolat.push(*(bolat.make(title=str(n)) for n in range(3)))
    aynur.push(bolat.make(title="a stray"))
    assert (standing(house, aynur).missing, standing(house, bolat).missing) == (((2, 2),), ())


def test_a_conflict_lies_in_the_inbox_and_is_not_replayed(house: House) -> None:
    (note,) = house.add("a")
    house.change(note, title="b")
    aynur = house.phone(VILLAGE)
    stale = aynur.make("note.edit", payload={"note_id": str(note), "title": "c", "base_version": 1})
    assert aynur.statuses(stale) == ["conflict"]
    with house.database.transaction() as session:
        [entry] = house.sync.inbox(session, person_ids=[aynur.person_id])
        assert (entry.status, str(entry.operation_id)) == ("conflict", stale["id"])
        with pytest.raises(NotReplayable):
            house.sync.replay(session, entry.key)
