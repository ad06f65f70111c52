"""What every contact carries, whether it is a pull or a push."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from tests.sync.house import VILLAGE, House
from tests.sync.phone import Phone


def contacts(phone: Phone, **headers: str) -> list[dict[str, Any]]:
    pulled = phone.http.get("/sync/pull", headers=phone.headers | headers)
    pushed = phone.send(orjson.dumps({"operations": []}), **headers)
    assert (pulled.status_code, pushed.status_code) == (200, 200)
    return [pulled.json, pushed.json]


def test_every_contact_tells_the_life_of_the_database(house: House) -> None:
    aynur = house.phone(VILLAGE)
    first = house.sync.prepare()
    assert [answer["generation"] for answer in contacts(aynur)] == [first, first]
    with house.database.transaction() as session:
        second = house.sync.new_generation(session)
    assert [answer["generation"] for answer in contacts(aynur)] == [second, second]
    with house.database.transaction() as session:
        session.execute(sa.delete(house.sync.tables.generation))
    pushed = aynur.push(aynur.make(title="the first of a new database"))
    assert pushed["generation"] == aynur.page()["generation"]


def test_a_phone_that_names_its_wall_clock_hears_how_wrong_it_is(house: House) -> None:
    aynur = house.phone(VILLAGE)
    for answer in contacts(aynur, **{"Xunge-Wall": "2026-11-22T09:03:00.250+08:00"}):
        assert answer["wall_skew_ms"] == 180_250
    for answer in contacts(aynur, **{"Xunge-Wall": "2026-11-22T00:59:00Z"}):
        assert answer["wall_skew_ms"] == -60_000
    for answer in contacts(aynur, **{"Xunge-Wall": "2026-11-22T00:59:01Z"}):
        assert "wall_skew_ms" not in answer


@pytest.mark.parametrize("wall", ["", "soon", "2026-11-22T09:03:00", "2026-13-22T09:03:00Z", "9" * 5000])
def test_a_wall_clock_that_cannot_be_read_is_not_measured(house: House, wall: str) -> None:
    assert all("wall_skew_ms" not in answer for answer in contacts(house.phone(VILLAGE), **{"Xunge-Wall": wall}))


def test_an_answer_to_a_phone_that_does_not_name_it_says_nothing_of_it(house: House) -> None:
    assert all("wall_skew_ms" not in answer for answer in contacts(house.phone(VILLAGE)))


def test_the_wall_clock_is_read_when_the_request_comes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long push is not the phone's clock being slow."""
    aynur = house.phone(VILLAGE)
    taken_in = house.write

    def slow(*given: Any) -> Any:
        house.clock.move(minutes=1)
        return taken_in(*given)

    monkeypatch.setattr(house, "write", slow)
    house.app = house.served(house.made())
    aynur.http = house.app.test_client()
    began = house.clock.at
    body = orjson.dumps({"operations": [aynur.make(title="slow")]})
    answer = aynur.send(body, **{"Xunge-Wall": began.isoformat()}).json
    assert (house.clock.at - began, answer.get("wall_skew_ms")) == (timedelta(minutes=1), None)
