"""What the server holds after a morning, asked of the database itself, and what it said in its log."""

import re
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

DECIDED = "SELECT status, count(*) FROM sync_operation GROUP BY status"
RECORDS = """SELECT (SELECT count(*) FROM visits JOIN sync_operation ON key = visits.id)
                  + (SELECT count(*) FROM problems JOIN sync_operation ON key = problems.id)"""
PICTURES = """SELECT count(DISTINCT photos.sha256) FROM photos
              JOIN photo_promises ON photo_promises.sha256 = photos.sha256 AND photo_promises.size = photos.size
              JOIN sync_operation ON key = photo_promises.operation_id"""
"""The demonstration made its own without operations on the wire."""

FAILURE = re.compile(r'"status": 5|"level": "(warning|error|critical)"|Traceback')


def faults_in_database(url: str, operations: int, pictures: int) -> Iterator[str]:
    """A sentence for each figure that is not as it should be."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        decided = dict(map(tuple, connection.execute(sa.text(DECIDED))))
        records, stored = (connection.scalar(sa.text(query)) for query in (RECORDS, PICTURES))
    engine.dispose()
    if decided != {"applied": operations}:
        yield f"of {operations} operations the inbox holds {decided}"
    if records != operations:
        yield f"{operations} operations became {records} visits and problems"
    if stored != pictures:
        yield f"of {pictures} pictures {stored} are stored"


def faults_in_log(log: Path) -> list[str]:
    """Lines that tell of a failure: an answer of 5xx, a warning or an error, a traceback of whoever never logs."""
    return [line for line in log.read_text(encoding="utf-8").splitlines() if FAILURE.search(line)]
