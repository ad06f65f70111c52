"""The same pull over 10,000 and over 1,000,000 records: what changed is the same, what exists is not."""

import statistics
import time
from collections.abc import Iterator
from urllib.parse import quote

import sqlalchemy as sa

from tests.bench import houses
from tests.bench.size import Size
from tests.bench.timing import MS, Measure
from tests.sync.house import TABLES, VILLAGE, House, Note
from tests.sync.phone import Phone

FEW, MANY = 10_000, 1_000_000
OWN, NEWS = 50, 5
"""Records in the phone's village, and how many of them changed since its cursor."""

NOTES = f"""INSERT INTO {Note.__tablename__} (id, version, grid, title)
            SELECT gen_random_uuid(), 1, 'grid:elsewhere-' || n % 1000, 'note ' || n
            FROM generate_series(1, :records) n"""
FEED = f"""INSERT INTO {TABLES.feed.name} (collection, record_id, scope_key, stamp, version, written_at)
           SELECT 'notes', id, grid, pg_current_xact_id()::text::bigint, 1, now() FROM {Note.__tablename__}"""


def over_more_records(ready: houses.House, size: Size) -> Iterator[Measure]:
    """PostgreSQL: of the small application of sync's tests, without HTTP, each size in a database of its own."""
    few, many = _phone(ready, FEW), _phone(ready, MANY)
    yield Measure(
        title=f"pull with {NEWS} news among {MANY:,} records",
        names=("",),
        units=(MS,),
        ours=lambda: [_ms(many, size.calls)],
        bare_name=f"the same among {FEW:,} records",
        bare=lambda: [_ms(few, size.calls)],
        rounds=size.rounds,
    )


def _phone(ready: houses.House, records: int) -> Phone:
    """A phone with news, whose database holds so many records of others."""
    name = f"feed_of_{records}"
    ready.scratch.run(f"CREATE DATABASE {name}")
    house = House(sa.make_url(ready.settings.database_url).set(database=name).render_as_string(hide_password=False))
    with house.database.engine.begin() as connection:
        connection.execute(sa.text(NOTES), {"records": records})
        connection.execute(sa.text(FEED))
    own = house.add(*(f"own {number}" for number in range(OWN)))
    phone = house.phone(VILLAGE)
    phone.pull()
    for note in own[:NEWS]:
        house.change(note, title="news")
    with house.database.engine.begin() as connection:
        connection.execute(sa.text("ANALYZE"))
    return phone


def _ms(phone: Phone, calls: int) -> float:
    """Median of pulls that repeat one cursor, so that each has the same news."""
    path, took = f"/sync/pull?cursor={quote(phone.cursor or '')}", []
    for _ in range(calls):
        started = time.perf_counter()
        answer = phone.http.get(path, headers=phone.headers)
        took.append((time.perf_counter() - started) * 1000)
        if len(answer.json["changes"]) != NEWS:
            raise RuntimeError(f"{len(answer.json['changes'])} news instead of {NEWS}")
    return statistics.median(took)
