"""A database's life begins once, however many phones knock at a new server's door."""

import threading
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from sync.clusters import cluster_of
from tests import conftest as root
from tests.sync.house import TABLES, VILLAGE, House


def test_ten_first_contacts_at_once_begin_one_life(house: House) -> None:
    with house.database.transaction() as session:
        session.execute(sa.delete(house.sync.tables.generation))
    with ExitStack() as open_at_once:  # connections are ready, so that nobody is late
        for _ in range(10):
            open_at_once.enter_context(house.database.sessions.kw["bind"].connect())
    seen: list[str] = []
    faults: list[Exception] = []
    together = threading.Barrier(10)

    def knock() -> None:
        together.wait()
        try:
            seen.append(house.sync.prepare())
        except Exception as fault:
            faults.append(fault)

    phones = [threading.Thread(target=knock) for _ in range(10)]
    for one in phones:
        one.start()
    for one in phones:
        one.join()
    assert faults == []
    assert (len(seen), len(set(seen))) == (10, 1)


def begun_in(house: House) -> str | None:
    with house.database.transaction(write=False) as session:
        return session.scalar(sa.select(house.sync.tables.generation.c.cluster))


def say_it_began_in(house: House, cluster: str | None) -> None:
    with house.database.transaction() as session:
        session.execute(sa.update(house.sync.tables.generation).values(cluster=cluster))


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("name", range(3), ids=["system identifier", "timeline", "number of the database"])
def test_a_life_that_began_elsewhere_is_over(house: House, name: int) -> None:
    """However far the other cluster was: its stamps need not be ahead of ours."""
    first, here = house.sync.prepare(), begun_in(house)
    assert here
    elsewhere = [*here.split(" ")]
    elsewhere[name] += "7"
    say_it_began_in(house, " ".join(elsewhere))
    second = house.sync.prepare()
    assert second != first
    assert (house.sync.prepare(), begun_in(house)) == (second, here)


@pytest.mark.only_on("postgresql")
def test_a_copy_in_the_same_cluster_lives_its_own_life(house: House) -> None:
    first, name = house.sync.prepare(), house.database.engine.url.database
    assert name
    house.database.engine.dispose()
    for url in root.copy_of(name):
        copy = House(url)
        assert copy.sync.prepare() != first
        copy.close()
    assert house.sync.prepare() == first


def test_a_life_whose_beginning_is_not_known_goes_on_and_learns_it(house: House) -> None:
    first, here = house.sync.prepare(), begun_in(house)
    say_it_began_in(house, None)
    assert (house.sync.prepare(), begun_in(house)) == (first, here)
    assert (here is None) == house.database.sqlite


@pytest.mark.only_on("postgresql")
def test_any_role_may_know_the_cluster_unless_that_was_forbidden(house: House) -> None:
    somebody = sa.text("SET LOCAL ROLE pg_signal_backend")  # one that may nothing here
    with house.database.transaction(write=False) as session:
        session.execute(somebody)
        assert cluster_of(session) == begun_in(house)
    with house.database.transaction() as session:
        session.execute(sa.text("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC"))
    with house.database.transaction(write=False) as session:
        session.execute(somebody)
        assert cluster_of(session) is None


def test_a_new_generation_resets(house: House) -> None:
    house.add("a")
    aynur = house.phone(VILLAGE)
    before = aynur.pull()[0]["generation"]
    with house.database.transaction() as session:
        house.sync.new_generation(session)
    page = aynur.pull()[0]
    assert page["reset"] is True
    assert page["generation"] != before


def test_a_database_from_another_cluster_begins_a_new_generation(house: House) -> None:
    house.add("a")
    before = house.sync.prepare()
    assert house.sync.prepare() == before
    with house.database.transaction() as session:
        session.execute(sa.update(TABLES.feed).values(stamp=2**50))
    assert house.sync.prepare() != before
    aynur = house.phone(VILLAGE)
    aynur.pull()
    house.add("b")
    aynur.pull()
    assert aynur.titles() == ["a", "b"]


def test_the_first_contact_of_a_new_database_makes_its_generation(house: House) -> None:
    with house.database.transaction() as session:
        session.execute(sa.delete(TABLES.generation))
    assert house.phone(VILLAGE).page()["generation"]
