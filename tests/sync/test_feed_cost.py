"""What a pull costs grows with what changed, not with what exists."""

import uuid
from typing import Any

import sqlalchemy as sa

from tests.sync.house import MORNING, TABLES, VILLAGE, House
from tests.sync.phone import Phone

MANY = 20_000
STATEMENT, PARAMETERS = 2, 3


def crowd(house: House) -> None:
    """Many records in the scope of others, and statistics, so that the databases plan as they would in a county."""
    rows = [
        {"collection": "notes", "record_id": uuid.UUID(int=n), "scope_key": f"grid:{n % 500}", "stamp": 1, "version": 1}
        for n in range(MANY)
    ]
    with house.database.engine.begin() as connection:
        connection.execute(sa.insert(TABLES.feed).values(written_at=MORNING), rows)
        connection.execute(sa.text("ANALYZE"))


def said_by(house: House, phone: Phone) -> list[Any]:
    """(statement, parameters) of one page."""
    said: list[Any] = []

    def note(*call: Any) -> None:
        said.append((call[STATEMENT], call[PARAMETERS]))

    sa.event.listen(house.database.engine, "before_cursor_execute", note)
    phone.page()
    sa.event.remove(house.database.engine, "before_cursor_execute", note)
    return [one for one in said if one[0] != "BEGIN"]


def plan(house: House, statement: str, parameters: Any) -> str:
    explain = "EXPLAIN QUERY PLAN" if house.database.sqlite else "EXPLAIN"
    with house.database.glance() as connection:
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))


def refuse_scan(of: str) -> None:
    assert "Seq Scan on sync_feed" not in of, of
    assert "SCAN sync_feed" not in of.replace("SCAN sync_feed_clock", ""), of


def test_a_pull_takes_as_many_statements_over_many_records_as_over_few(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.pull()
    house.add("news")
    few = len(said_by(house, aynur))
    crowd(house)
    assert len(said_by(house, aynur)) == few


def test_news_are_found_by_their_index(house: House) -> None:
    house.add("a")
    crowd(house)
    aynur = house.phone(VILLAGE)
    aynur.pull()
    [news] = [plan(house, *one) for one in said_by(house, aynur) if "stamp >=" in one[0]]
    assert "ix_sync_feed_news" in news
    refuse_scan(news)


def test_pages_of_a_snapshot_are_found_by_an_index(house: House) -> None:
    house.add("a", "b")
    crowd(house)
    aynur = house.phone(VILLAGE)
    aynur._take(aynur.page(limit=1))
    pages = [
        plan(house, *one) for one in said_by(house, aynur) if "sync_feed" in one[0] and "removed IS NULL" in one[0]
    ]
    assert pages
    for page in pages:
        refuse_scan(page)
