"""A database's life begins once, however many phones knock at a new server's door."""

import threading
from contextlib import ExitStack

import sqlalchemy as sa

from tests.sync.house import House


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
