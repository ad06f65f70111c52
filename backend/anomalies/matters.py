"""Matters of maintenance: opened by episodes of faulty data, told to whoever keeps stations, closed by a person."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend.anomalies.episodes import Turn
from backend.anomalies.errors import MatterClosed
from backend.anomalies.models import MaintenanceMatter
from backend.anomalies.rules import FAULTS
from backend.audit import service as audit
from backend.auth.actor import Actor
from backend.auth.people import people_in_post
from backend.auth.roles import roles_for
from backend.auth.territory import passes_through
from backend.core import clock
from backend.core.errors import NotFound
from backend.grids.service import name_of
from backend.notices import service as notices
from backend.notices.outbox import Outward
from backend.notices.texts import Fact
from backend.stations.models import Station

KEPT = 20
"""Findings that a matter keeps while it stays open through many episodes; the newest."""
SHOWN = {
    "negative": ("的数据出现负值", "reports negative values"),
    "out_of_range": ("的数据超出量程", "reports values beyond its range"),
    "constant": ("的数据长时间不变", "reports values that do not move"),
    "offline": ("已离线", "is offline"),
}
"""What is wrong with a station, as a title or a message says it after the station; kinds.NAMES has the names."""
KINDS = {"matter.open": frozenset({"place", "station", "fault"})}
"""The notice that leaves the app, and the facts of its text."""


def on_turns(session: Session, turns: Sequence[Turn]) -> None:
    """The follower of episodes: one open matter per station and kind, through however many episodes."""
    ours = [turn for turn in turns if turn.episode.kind in FAULTS]
    known = _open_matters(session, {turn.key for turn in ours})
    for turn in ours:
        if turn.key in known:
            _note(known[turn.key], turn)
        elif turn.news == "began":
            _open(session, turn)
    session.flush()


def _open_matters(session: Session, keys: Collection[str]) -> dict[str, MaintenanceMatter]:
    """Those that are open, locked in the order of their ids, by key."""
    wanted = select(MaintenanceMatter).where(MaintenanceMatter.open_key.in_(keys)).order_by(MaintenanceMatter.id)
    wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return {matter.open_key: matter for matter in session.scalars(wanted) if matter.open_key} if keys else {}


def _open(session: Session, turn: Turn) -> None:
    station, now = turn.station, clock.now()
    matter = MaintenanceMatter(
        station_id=station.id,
        grid_path=station.grid_path,
        kind=turn.episode.kind,
        policy=turn.episode.policy,
        evidence=list(turn.evidence),
        opened_at=now,
        open_key=turn.key,
    )
    session.add(matter)
    session.flush()
    _tell(session, matter, station, now)


def _tell(session: Session, matter: MaintenanceMatter, station: Station, now: datetime) -> None:
    """Tell those who keep stations there, and the robots of their roles."""
    roles = roles_for("matters.close")
    keepers = [person for role in roles for person in people_in_post(session, role, station.grid_path, now)]
    body = {"station_id": str(station.id), "station": station.code, "kind": matter.kind}
    zh, en = SHOWN[matter.kind]
    facts: dict[str, Fact] = {
        "place": name_of(session, station.grid_path),
        "station": f"{station.name}({station.code})",
        "fault": (zh, en),
    }
    notices.notify(
        session,
        keepers,
        "matter.open",
        f"站点{zh}",
        f"A station {en}",
        subject=("maintenance_matters", matter.id),
        body=body,
        outward=Outward(facts, station.grid_path, tuple(roles)),
    )


def _note(matter: MaintenanceMatter, turn: Turn) -> None:
    matter.version += 1
    matter.recovered_at = turn.episode.ended_at
    matter.evidence = [*matter.evidence, *turn.evidence][-KEPT:]


def close(session: Session, actor: Actor, matter_id: uuid.UUID, result: str) -> MaintenanceMatter:
    """It was looked after; `result` says how. Raises NotFound, Forbidden, MatterClosed.

    Where the values are still faulty their episode goes on and opens no other; the next episode does.
    """
    matter = session.get(MaintenanceMatter, matter_id, with_for_update=True, populate_existing=True)
    if matter is None:
        raise NotFound(matter_id=str(matter_id))
    actor.require("matters.close", matter.grid_path)
    if matter.closed_at is not None:
        raise MatterClosed(closed_at=matter.closed_at.isoformat())
    matter.closed_at, matter.closed_by, matter.result = clock.now(), actor.person_id, result
    matter.open_key = None
    matter.version += 1
    audit.record(session, "matter.close", "maintenance_matter", matter.id, person_id=actor.person_id)
    session.flush()
    return matter


def matter(session: Session, actor: Actor, matter_id: uuid.UUID) -> MaintenanceMatter:
    """One that this person may read. Raises NotFound, Forbidden."""
    found = session.get(MaintenanceMatter, matter_id)
    if found is None:
        raise NotFound(matter_id=str(matter_id))
    actor.require("matters.read", found.grid_path)
    return found


def matters(actor: Actor, query: dict[str, Any]) -> Select[MaintenanceMatter]:
    """What this person may read. `query`: open (or None), kind, station_id, grid (a code)."""
    found = select(MaintenanceMatter).where(actor.visible("matters.read", MaintenanceMatter.grid_path))
    if query["open"] is not None:
        found = found.where(MaintenanceMatter.closed_at.is_(None) == query["open"])
    if query["kind"] is not None:
        found = found.where(MaintenanceMatter.kind == query["kind"])
    if query["station_id"] is not None:
        found = found.where(MaintenanceMatter.station_id == query["station_id"])
    if query["grid"] is not None:
        found = found.where(passes_through(MaintenanceMatter.grid_path, query["grid"]))
    return found
