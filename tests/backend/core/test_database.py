"""Transactions on both databases, and the types of the columns."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import shapely
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from backend.core.database import Database, NestedTransaction, UtcDateTime, remembered
from backend.core.geometry import Geometry


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    area: Mapped[shapely.Geometry | None] = mapped_column(Geometry)


NOON = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    Base.metadata.create_all(made.engine)
    yield made
    made.close()


def test_times_and_shapes_come_back_as_they_were(database: Database) -> None:
    area = shapely.Polygon([(87, 44), (88, 44), (88, 45)], [])
    with database.transaction() as session:
        session.add(Thing(id=1, at=NOON, area=area))
    with database.transaction(write=False) as session:
        thing = session.get_one(Thing, 1)
        assert thing.at == NOON
        assert thing.at.tzinfo == UTC
        assert thing.area is not None
        assert thing.area.equals(area)


def test_a_time_without_an_offset_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="without an offset"), database.transaction() as session:
        session.add(Thing(id=1, at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_raising_rolls_back(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as session:
            session.add(Thing(id=1, at=NOON))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.transaction(write=False) as session:
        assert session.get(Thing, 1) is None


def test_a_reader_sees_one_snapshot_and_cannot_write(database: Database) -> None:
    with database.transaction(write=False) as reader:
        assert reader.scalar(sa.select(sa.func.count()).select_from(Thing)) == 0
        with database.transaction() as writer:
            writer.add(Thing(id=1, at=NOON))
        assert reader.scalar(sa.select(sa.func.count()).select_from(Thing)) == 0


def test_a_second_writing_transaction_inside_the_first_is_refused_at_once(database: Database) -> None:
    with database.transaction(), pytest.raises(NestedTransaction), database.transaction():
        pass


def test_eight_writers_at_once_lose_nothing(database: Database) -> None:
    with database.transaction() as session:
        session.add(Thing(id=1, at=NOON))

    def later() -> None:
        for _ in range(10):
            with database.transaction() as session:
                thing = session.get_one(Thing, 1, with_for_update=True)
                thing.at += timedelta(seconds=1)

    writers = [threading.Thread(target=later) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with database.transaction(write=False) as session:
        assert session.get_one(Thing, 1).at == NOON + timedelta(seconds=80)


def test_a_glance_sees_what_is_there_and_leaves_the_connection_as_it_was(database: Database) -> None:
    with database.transaction() as session:
        session.add(Thing(id=1, at=NOON))
    for _ in range(2):
        with database.glance() as connection:
            assert connection.scalars(sa.select(Thing.id)).all() == [1]
    with pytest.raises(RuntimeError):
        write_and_fail(database)
    with database.glance() as connection:
        assert connection.scalars(sa.select(Thing.id)).all() == [1]


def test_a_glance_within_a_glance_is_over_the_same_connection(database: Database) -> None:
    with database.glance() as outer:
        with database.glance() as inner:
            assert inner is outer
        assert outer.scalar(sa.select(sa.func.count()).select_from(Thing)) == 0
    with database.glance() as later:
        assert later is not outer
    assert outer.closed


def test_a_glance_that_failed_is_over(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.glance():
        raise ZeroDivisionError
    with database.glance() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Thing)) == 0


def write_and_fail(database: Database) -> None:
    with database.transaction() as session:
        session.add(Thing(id=2, at=NOON))
        session.flush()
        raise RuntimeError


def break_all_connections(database: Database) -> None:
    """As a restart of the server does, behind the pool's back."""
    mine = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    other = sa.create_engine(database.engine.url, poolclass=sa.NullPool)
    with other.connect() as connection:
        connection.execute(sa.text(f"{mine} AND pid <> pg_backend_pid()"))
    other.dispose()


@pytest.mark.only_on("postgresql")  # a file does not restart
def test_a_connection_that_lay_idle_is_asked_before_it_is_used(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.core.database.TRUSTED_S", 0.0)
    with database.transaction(write=False) as one, database.transaction(write=False) as another:
        assert one.scalar(sa.text("SELECT 1")) == another.scalar(sa.text("SELECT 1"))
    break_all_connections(database)
    for _ in range(3):
        with database.transaction(write=False) as session:
            assert session.scalar(sa.text("SELECT 1")) == 1


def test_a_connection_just_used_is_not_asked(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(database.engine.dialect, "do_ping", asked.append)
    for _ in range(3):
        with database.transaction(write=False) as session:
            session.scalar(sa.text("SELECT 1"))
    assert asked == []
    if not database.sqlite:
        monkeypatch.setattr("backend.core.database.TRUSTED_S", 0.0)
        with database.transaction(write=False) as session:
            session.scalar(sa.text("SELECT 1"))
        assert len(asked) == 1


def test_what_is_remembered_lasts_as_long_as_nothing_is_rolled_back(database: Database) -> None:
    with database.transaction() as session:
        remembered(session)["read"] = 1
        with session.begin_nested():
            assert remembered(session) == {"read": 1}
        assert remembered(session) == {"read": 1}
        doomed = session.begin_nested()
        remembered(session)["locked"] = 2
        doomed.rollback()
        assert remembered(session) == {}
    with database.transaction() as session:
        assert remembered(session) == {}
