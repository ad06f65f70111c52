"""What is still on the phones of my part of the tree, whoever lacks most first."""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.auth.models import Device, Person
from backend.catalog import TABLES
from backend.core.errors import Invalid
from sync.standings import still_on_phone

work_done = TABLES.devices
worker_id = sa.func.coalesce(work_done.c.person_id, Device.person_id, type_=sa.Uuid())
lacking_now = sa.func.coalesce(still_on_phone(TABLES), 0)


@dataclass(frozen=True)
class Place:
    """Where a page ended. On the wire "3.<device>.<person>"."""

    lacking: int
    device_id: uuid.UUID
    person_id: uuid.UUID

    def __str__(self) -> str:
        return f"{self.lacking}.{self.device_id}.{self.person_id}"

    @classmethod
    def read(cls, cursor: str) -> "Place":
        """Raises Invalid."""
        try:
            lacking, device_id, person_id = cursor.split(".")
            return cls(int(lacking), uuid.UUID(device_id), uuid.UUID(person_id))
        except ValueError:
            raise Invalid(errors=[{"path": "query.cursor", "message": "not a cursor of ours"}]) from None

    @property
    def beyond(self) -> sa.ColumnElement[bool]:
        here = sa.and_(lacking_now == self.lacking, sa.tuple_(Device.id, worker_id) > sa.tuple_(*self._owner))
        return sa.or_(lacking_now < self.lacking, here)

    @property
    def _owner(self) -> tuple[sa.BindParameter[uuid.UUID], sa.BindParameter[uuid.UUID]]:
        return sa.literal(self.device_id, sa.Uuid()), sa.literal(self.person_id, sa.Uuid())


def page(
    session: Session, visible: sa.ColumnElement[bool], cursor: str | None, limit: int
) -> tuple[list[tuple[Device, Person]], str | None]:
    """Devices with each person who works on them, and the next cursor. `visible` is a condition on Person."""
    wanted = (
        sa.select(Device, Person, lacking_now.label("lacking"))
        .outerjoin(work_done, work_done.c.device_id == Device.id)
        .join(Person, Person.id == worker_id)
        .where(visible)
    )
    if cursor is not None:
        wanted = wanted.where(Place.read(cursor).beyond)
    rows = session.execute(wanted.order_by(lacking_now.desc(), Device.id, worker_id).limit(limit + 1)).all()
    shown = [(device, person) for device, person, _ in rows[:limit]]
    if len(rows) <= limit:
        return shown, None
    device, person, lacking = rows[limit - 1]
    return shown, str(Place(lacking, device.id, person.id))


def listed(device: Device, person: Person, work: dict[str, Any]) -> dict[str, Any]:
    """A line of the list, with a sentence for whoever calls the person up."""
    return work | {
        "device": device,
        "person": person,
        "sentence": _sentence(work["still_on_phone"], work["awaited_photos"]),
    }


def _sentence(reports: int, pictures: int) -> dict[str, str]:
    if not reports and not pictures:
        return {"zh": "手机上的内容已全部上传。", "en": "Everything on the phone is here."}
    return {
        "zh": f"手机上还有 {reports} 条记录、{pictures} 张照片未上传。",
        "en": f"{reports} reports and {pictures} pictures are still on the phone.",
    }
