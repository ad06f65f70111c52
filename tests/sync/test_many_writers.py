"""64 threads write in overlapping transactions of random length while 8 phones pull: nobody misses a row.

The guard is the horizon: on PostgreSQL a reader goes no further than the oldest transaction still open (sync.stamps).
`test_without_the_guard_readers_do_miss_rows` takes it out, tells the same story, and finds that they do. On SQLite
writers take turns, so that there is nothing to take out.
"""

import random
import sys
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from sync import stamps
from tests.sync.house import VILLAGE, House, Note
from tests.sync.phone import Phone

WRITERS, READERS = 64, 8
MOST_ROWS, MOST_LOOKS = 6, 25


def tell(house: House) -> list[Phone]:
    """The story. Returns the readers, all of them up to date as far as they know."""
    readers = [house.phone(VILLAGE) for _ in range(READERS)]
    for phone in readers:
        phone.pull()
    others_are_done, all_have_read = threading.Event(), threading.Barrier(READERS + 1)
    late = threading.Thread(target=write_late, args=(house, all_have_read))
    writers = [threading.Thread(target=write, args=(house, number)) for number in range(WRITERS)]
    reading = [threading.Thread(target=read, args=(phone, others_are_done, all_have_read)) for phone in readers]
    for thread in (late, *writers, *reading):
        thread.start()
    for thread in writers:
        thread.join()
    others_are_done.set()
    for thread in (late, *reading):
        thread.join()
    for phone in readers:
        phone.pull()
    return readers


def write(house: House, number: int) -> None:
    """Transactions that last as long as chance will have it, rows at their beginning, in between and at their end."""
    chance = random.Random(number)
    for turn in range(turns(house)):
        with house.database.transaction() as session:
            for row in range(chance.randint(1, MOST_ROWS)):
                session.add(Note(grid=VILLAGE, title=f"{number} {turn} {row}"))
                session.flush()
                for _ in range(chance.randint(0, MOST_LOOKS)):
                    session.execute(sa.select(sa.literal(1)))


def turns(house: House) -> int:
    """Where writers take turns, the second of the same writer shows nothing that the first of another did not."""
    return 1 if house.database.sqlite else 4


def write_late(house: House, all_have_read: threading.Barrier) -> None:
    """One that commits certainly late: it writes first, and ends when all others have, and every reader has read."""
    if house.database.sqlite:  # nobody could write meanwhile
        all_have_read.wait()
        return
    with house.database.transaction() as session:
        session.add(Note(grid=VILLAGE, title="late"))
        session.flush()
        all_have_read.wait()


def read(phone: Phone, others_are_done: threading.Event, all_have_read: threading.Barrier) -> None:
    chance = random.Random(str(phone.device_id))
    while not others_are_done.is_set():
        phone.pull(limit=chance.randint(1, 50))
    phone.pull()
    all_have_read.wait()


def test_no_reader_misses_a_row(house: House) -> None:
    readers = tell(house)
    assert len(house.titles()) > WRITERS * turns(house)
    assert [phone.titles() for phone in readers] == [house.titles()] * READERS


@pytest.mark.only_on("postgresql")
def test_without_the_guard_readers_do_miss_rows(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    take_the_guard_out(monkeypatch, stamps.horizon)
    house.app = house.served(house.made())  # a reader builds its statements once
    readers = tell(house)
    assert all("late" not in phone.titles() for phone in readers)
    assert "late" in house.titles()


def take_the_guard_out(monkeypatch: pytest.MonkeyPatch, horizon: Callable[..., stamps.Stamp]) -> None:
    """Readers go up to the newest transaction instead, wherever the library asks for the horizon."""
    newest = sa.cast(sa.cast(sa.func.pg_snapshot_xmax(sa.func.pg_current_snapshot()), sa.Text), sa.BigInteger)
    users = [module for name, module in sys.modules.items() if name.startswith("sync.")]
    for module in users:
        if getattr(module, "horizon", None) is horizon:
            monkeypatch.setattr(module, "horizon", lambda _session, _tables: newest)
