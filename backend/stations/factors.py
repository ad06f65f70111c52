"""Which factors stations sent, whatever is listed for them."""

import uuid
from collections import defaultdict
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.stations.models import Reading, Station


def sent(session: Session, stations: Collection[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """The factors of which readings of these stations are kept, by station.

    From one to the next in the order of the primary key: DISTINCT would read all that a station ever measured.
    """
    if not stations:
        return {}
    first = _least(Reading.station_id == Station.id)
    names = sa.select(Station.id, first.label("name")).where(Station.id.in_(stations)).cte("sent", recursive=True)
    following = _least(Reading.station_id == names.c.id, Reading.pollutant > names.c.name)
    names = names.union_all(sa.select(names.c.id, following).where(names.c.name.is_not(None)))
    found = defaultdict(list)
    for station_id, name in session.execute(sa.select(names.c.id, names.c.name).where(names.c.name.is_not(None))):
        found[station_id].append(name)
    return found


def _least(*which: sa.ColumnElement[bool]) -> sa.ScalarSelect[str]:
    return sa.select(sa.func.min(Reading.pollutant)).where(*which).scalar_subquery()
