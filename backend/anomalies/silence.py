"""Stations that fall silent."""

from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.anomalies import episodes, rules
from backend.anomalies.episodes import Found
from backend.anomalies.faults import Faults
from backend.core import clock
from backend.core.edge import application
from backend.policy.anomalies import AnomalyPolicy
from backend.policy.service import book
from backend.stations import maintenance
from backend.stations.models import Contact, Station


def find_silent() -> int:
    """Begin an episode for every station of which nothing was heard for too long. Returns how many began.

    It reads in a transaction that holds up nobody and writes in a short one, as with what lasts for hours. A station
    that was never heard of is not there yet.
    """
    now, faults = clock.now(), Faults()
    policy = book().as_of(now)
    with application().database.transaction(write=False) as session:
        found = _silent(session, policy.alarms.anomalies, now, faults)
    return episodes.take_apart(found, policy, faults)


def _silent(session: Session, anomalies: AnomalyPolicy, now: datetime, faults: Faults) -> list[Found]:
    minutes = [found.offline.minutes for found in (anomalies.usual, *anomalies.kinds.values())]
    quiet = sa.select(Station, Contact.heard_at).join(Contact, Contact.station_id == Station.id)
    quiet = quiet.where(Station.in_service, Contact.heard_at <= now - timedelta(minutes=min(minutes)))
    silent = session.execute(quiet).all()
    known = episodes.running(session, [station.id for station, _ in silent])
    maintained = maintenance.ends(session, now - timedelta(minutes=max(minutes)), now)
    found = []
    for station, heard_at in silent:
        rule = anomalies.of(station.kind).offline
        if not rule.on or episodes.key_of(station.id, "offline") in known:
            continue
        judged = partial(rules.offline, rule, heard_at, now, maintained.get(station.id))
        if finding := faults.attempt("offline", station.code, judged, None):
            found.append(Found(station, finding))
    return found
