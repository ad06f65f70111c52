"""Pictures for the demonstration's evidence: drawn, not photographed, and stored as an upload would be."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.demo.chance import dice
from backend.demo.making import Making
from backend.evidence import service, shelf
from backend.evidence.act import Act
from backend.evidence.examination import Examined, examine
from media.draw import draw

SIZE = 150_000
Place = tuple[float, float]


def take(making: Making, caption: str, taken_at: datetime, place: Place) -> Examined:
    """Draw a picture at a place (lon, lat) and put it into the store. No transaction may be open.

    `caption` is in Latin letters and stands in the picture.
    """
    lon, lat = place
    local = taken_at.astimezone(making.app.settings.zone)
    seed = dice(making.seed, "picture", caption).getrandbits(32)
    data = draw(seed, size=SIZE, taken_at=local, lon=lon, lat=lat, caption=caption)
    sha256 = hashlib.sha256(data).hexdigest()
    shelf.store().put(sha256, [data], len(data))
    return examine(shelf.store(), sha256)


def promised(picture: Examined) -> dict[str, Any]:
    """What an operation says of a picture that it brings."""
    return {
        "sha256": picture.sha256,
        "size": picture.size,
        "media_type": picture.media_type,
        "role": "scene",
        "taken_at": picture.taken_at,
    }


def hang(session: Session, act: Act, picture: Examined, collection: str, record: Any) -> None:
    """Record that a picture which `act` promised for a record has arrived."""
    assert act.actor.device_id, "pictures come from devices"
    service.promise(session, act, act.photos, collection, record.id, record.grid_path)
    session.flush()
    service.keep(session, {(act.actor.device_id, picture.sha256): picture})
