"""What naming the awaited pictures costs where a phone owes more than is ever named."""

import uuid
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from backend.core.edge import Application
from backend.evidence import service
from backend.evidence.models import PhotoPromise
from tests.backend.cast import MONDAY

PHONES, LOST, USUAL = 200, 5_000, 50
"""The first of these phones lost its pictures for good; the others owe none."""


def promised(phone: int, number: int) -> dict[str, Any]:
    device = uuid.UUID(int=phone)
    return {
        "id": uuid.uuid4(),
        "operation_id": uuid.uuid4(),
        "number": 0,
        "sha256": f"{phone:032x}{number:032x}",
        "size": 1,
        "media_type": "image/jpeg",
        "role": "scene",
        "device_id": device,
        "awaited_from": device if phone == 0 else None,
        "person_id": device,
        "promised_at": MONDAY + timedelta(seconds=number),
    }


def plan(app: Application, statement: sa.Select[Any]) -> str:
    explain = "EXPLAIN QUERY PLAN" if app.database.sqlite else "EXPLAIN"
    with app.database.glance() as connection:
        said = statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {said}"))


def test_the_last_promised_are_found_by_their_index_and_the_rest_is_not_read(app: Application) -> None:
    rows = [promised(0, number) for number in range(LOST)]
    rows += [promised(phone, number) for phone in range(1, PHONES) for number in range(USUAL)]
    with app.database.engine.begin() as connection:
        connection.execute(sa.insert(PhotoPromise), rows)
        connection.execute(sa.text("ANALYZE"))
    of_phone = {"device_id": uuid.UUID(int=0)}
    found = plan(app, service.MISSING.params(of_phone))
    if app.database.sqlite:
        assert found.count("USING INDEX ix_photo_promises_owed (awaited_from=?)") == 1, found
        assert "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY" in found, found  # those of one instant
        assert "SCAN photo_promises" not in found, found
    else:
        assert "Index Scan Backward using ix_photo_promises_owed" in found, found
        assert "Presorted Key: photo_promises.promised_at" in found, found
        assert "Seq Scan" not in found, found
    with app.database.glance() as connection:
        named = connection.scalars(service.MISSING, of_phone).all()
    assert named == [f"{0:032x}{number:032x}" for number in range(LOST - service.NAMED, LOST)]
