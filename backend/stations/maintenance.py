"""Maintenance windows: what a station measures meanwhile is kept, marked, opens no alarm and counts for no hour.

Whoever sets, moves or lifts a window holds the station's row. That makes overlaps impossible from however many workers,
and it waits for readings that are being stored: they hold the same row through their foreign key and ask for windows
only after they are in. So every reading is counted by the windows that stand when all is committed, and the hours that
a window touches are counted anew in the window's own transaction.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.auth.territory import passes_through
from backend.core import clock
from backend.core.errors import NotFound
from backend.core.ids import new_id
from backend.policy.service import book
from backend.stations import hours, retention
from backend.stations.errors import WindowOverlaps, WindowTooLong
from backend.stations.models import Station, Window

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Spans:
    """When each station is under maintenance: [from, to) each."""

    by_station: dict[uuid.UUID, list[Span]]

    def cover(self, station_id: uuid.UUID, at: datetime) -> bool:
        """Is the station under maintenance at this instant?"""
        return any(start <= at < end for start, end in self.by_station.get(station_id, ()))


def spans(session: Session, since: datetime, until: datetime, station_id: uuid.UUID | None = None) -> Spans:
    """The windows that touch the time from `since` to `until`, of one station or of all: they are few."""
    touching = sa.select(Window.station_id, Window.starts_at, Window.ends_at).where(
        Window.ends_at > since, Window.starts_at <= until
    )
    if station_id is not None:
        touching = touching.where(Window.station_id == station_id)
    found: dict[uuid.UUID, list[Span]] = defaultdict(list)
    for each, start, end in session.execute(touching):
        found[each].append((start, end))
    return Spans(found)


def ends(session: Session, since: datetime, now: datetime) -> dict[uuid.UUID, datetime]:
    """When the latest maintenance of each station that has begun ends, or ended after `since`."""
    begun = sa.select(Window.station_id, sa.func.max(Window.ends_at)).group_by(Window.station_id)
    return dict(session.execute(begun.where(Window.starts_at <= now, Window.ends_at > since)).all())


def windows(
    visible: sa.ColumnElement[bool], station_id: uuid.UUID | None, area: str | None, at: datetime | None
) -> sa.Select[Window]:
    """Windows of the `visible` stations: of one; in and below the grid with code `area`; under way `at`."""
    found = sa.select(Window).join(Station, Station.id == Window.station_id).where(visible)
    if station_id is not None:
        found = found.where(Window.station_id == station_id)
    if area is not None:
        found = found.where(passes_through(Station.grid_path, area))
    if at is not None:
        found = found.where(Window.starts_at <= at, Window.ends_at > at)
    return found


def plan(session: Session, station_id: uuid.UUID, span: Span, reason: str, by: uuid.UUID | None = None) -> Window:
    """A new window. Raises WindowTooLong, WindowOverlaps, NotFound."""
    _hold(session, station_id)
    _refuse(session, station_id, span)
    window = Window(
        id=new_id(),
        station_id=station_id,
        starts_at=span[0],
        ends_at=span[1],
        reason=reason,
        person_id=by,
        created_at=clock.now(),
    )
    session.add(window)
    _settle(session, "maintenance.plan", window, by, span)
    return window


def change(session: Session, window: Window, span: Span, reason: str, by: uuid.UUID | None = None) -> Window:
    """Move a window, or say why anew. Raises WindowTooLong, WindowOverlaps."""
    _refuse(session, window.station_id, span, window.id)
    before = (window.starts_at, window.ends_at)
    window.starts_at, window.ends_at = span
    window.reason, window.version = reason, window.version + 1
    _settle(session, "maintenance.change", window, by, before, span)
    return window


def lift(session: Session, window: Window, by: uuid.UUID | None = None) -> None:
    """The maintenance did not take place; the trail keeps what was planned."""
    session.delete(window)
    _settle(session, "maintenance.lift", window, by, (window.starts_at, window.ends_at))


def found(session: Session, window_id: uuid.UUID, *, anew: bool = False) -> Window:
    """The window; `anew` as it is now, whatever this transaction read before. Raises NotFound."""
    window = session.get(Window, window_id, populate_existing=anew)
    if window is None:
        raise NotFound(window_id=str(window_id))
    return window


def held(session: Session, window_id: uuid.UUID) -> Window:
    """The window as it is once its station's row is ours. Raises NotFound."""
    _hold(session, found(session, window_id).station_id)
    return found(session, window_id, anew=True)


def _hold(session: Session, station_id: uuid.UUID) -> None:
    if session.get(Station, station_id, with_for_update=True) is None:
        raise NotFound(station_id=str(station_id))


def _refuse(session: Session, station_id: uuid.UUID, span: Span, itself: uuid.UUID | None = None) -> None:
    longest = book().as_of(clock.now()).readings.longest_maintenance_days
    if span[1] - span[0] > timedelta(days=longest):
        raise WindowTooLong(longest_days=longest)
    touching = sa.select(Window).where(
        Window.station_id == station_id, Window.ends_at > span[0], Window.starts_at < span[1], Window.id != itself
    )
    other = session.scalar(touching.limit(1))
    if other is not None:
        raise WindowOverlaps(
            window_id=str(other.id), starts_at=other.starts_at.isoformat(), ends_at=other.ends_at.isoformat()
        )


def _settle(session: Session, action: str, window: Window, by: uuid.UUID | None, *touched: Span) -> None:
    session.flush()
    audit.record(
        session,
        action,
        "maintenance_window",
        window.id,
        person_id=by,
        station_id=str(window.station_id),
        starts_at=window.starts_at.isoformat(),
        ends_at=window.ends_at.isoformat(),
        reason=window.reason,
    )
    for span in _apart(touched):
        _recount(session, window.station_id, span)


def _apart(touched: Sequence[Span]) -> list[Span]:
    """One span where two meet, so that no hour is counted twice."""
    if len(touched) == 2 and touched[0][0] <= touched[1][1] and touched[1][0] <= touched[0][1]:
        return [(min(touched[0][0], touched[1][0]), max(touched[0][1], touched[1][1]))]
    return list(touched)


def _recount(session: Session, station_id: uuid.UUID, span: Span) -> None:
    """Hours whose readings may be forgotten by now stay as they were counted."""
    now = clock.now()
    kept_from = hours.hour_of(retention.known_from(session, book().as_of(now).readings, now)) + hours.HOUR
    since, until = max(span[0], kept_from), min(span[1], now + timedelta(days=1))
    if since < until:
        around = spans(session, since - hours.HOUR, until + hours.HOUR, station_id)
        hours.recount(session, station_id, since, until, around.by_station.get(station_id, []))
