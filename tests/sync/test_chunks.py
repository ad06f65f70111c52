"""Operations of one push are applied together, and one by one only where something is wrong with one of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from sync.catalog import Operation
from tests.sync.house import VILLAGE, House
from tests.sync.phone import Phone


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """Every statement and savepoint that goes to the database meanwhile."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    def note_savepoint(_connection: object, name: str) -> None:
        said.append(f"SAVEPOINT {name}")

    event.listen(house.database.engine, "before_cursor_execute", note)
    event.listen(house.database.engine, "savepoint", note_savepoint)
    yield said
    event.remove(house.database.engine, "before_cursor_execute", note)
    event.remove(house.database.engine, "savepoint", note_savepoint)


def statements_of(house: House, aynur: Phone, made: list[dict[str, Any]]) -> int:
    with statements(house) as said:
        aynur.statuses(*made)
    return len(said)


def test_a_chunk_costs_the_same_statements_however_many_it_holds(house: House) -> None:
    aynur = house.phone(VILLAGE)
    statements_of(house, aynur, [aynur.make(title="the very first") for _ in range(2)])
    few = statements_of(house, aynur, [aynur.make(title="few") for _ in range(2)])
    many = statements_of(house, aynur, [aynur.make(title="many") for _ in range(50)])
    assert many == few
    assert house.titles().count("many") == 50


def test_what_is_refused_on_sight_does_not_part_the_others(house: House) -> None:
    aynur = house.phone(VILLAGE)
    sound = [aynur.make(title=str(number)) for number in range(10)]
    alike = statements_of(house, aynur, sound)
    strange = [aynur.make("note.sing"), *(aynur.make(title=str(number)) for number in range(9))]
    assert statements_of(house, aynur, strange) == alike
    assert aynur.statuses(*strange)[0] == "duplicate"


@pytest.mark.parametrize(
    ("wrong", "status"), [("note.forbid", "rejected"), ("note.break", "deferred"), ("note.edit", "deferred")]
)
def test_one_that_fails_while_it_is_applied_takes_back_nothing_but_its_own(
    house: House, wrong: str, status: str
) -> None:
    aynur, unknown = house.phone(VILLAGE), "0199aaaa-0000-7000-8000-000000000000"
    made = [aynur.make(title=f"{number:02}") for number in range(20)]
    made.insert(11, aynur.make(wrong, title="half", note_id=unknown))
    assert aynur.statuses(*made) == ["applied"] * 11 + [status] + ["applied"] * 9
    assert house.titles() == [f"{number:02}" for number in range(20)]


def test_two_steps_on_one_record_in_one_chunk_are_both_taken(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = aynur.make(title="found")
    mended = aynur.make("note.edit", note_id=made["id"], title="swept")
    first, second = aynur.push(made, mended)["results"]
    assert (first["status"], second["status"]) == ("applied", "applied")
    assert second["record"]["title"] == "swept"
    assert house.titles() == ["swept"]
    aynur.pull()
    assert aynur.titles() == ["swept"]


def test_pictures_promised_by_what_is_refused_stay_promised(house: House) -> None:
    aynur, photo = house.phone(VILLAGE), {"sha256": "ab" * 32, "size": 3}
    refused = aynur.make("note.forbid", photos=[photo])
    assert aynur.statuses(aynur.make(title="a"), refused) == ["applied", "rejected"]
    assert house.promised[-1] == "ab" * 32


def test_the_application_is_told_beforehand_what_a_chunk_will_ask_for(house: House) -> None:
    told: list[list[str]] = []

    def foresee(_session: Session, operations: Any) -> None:
        assert all(isinstance(operation, Operation) for operation in operations)
        told.append([operation.payload["title"] for operation in operations])

    decider = house.sync._pusher._decider
    decider._catalog = replace(decider._catalog, foresee=foresee)
    aynur = house.phone(VILLAGE)
    aynur.push(aynur.make(title="a"), aynur.make("note.sing"), aynur.make(title="b"))
    assert told == [["a", "b"]]
    aynur.push(aynur.make(title="c"))
    assert told == [["a", "b"]], "one alone asks for itself"
