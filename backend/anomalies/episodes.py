"""Episodes: each begins once, takes in what else is found of its kind, and ends.

An episode is a row with a unique key for station and kind, inserted where it is not there yet and locked where it is;
several are taken in the order of their keys, so that two batches never wait for each other crosswise. What it sets off
happens in the same transaction: a crash leaves neither reading, nor episode, nor alarm.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.anomalies import rules
from backend.anomalies.faults import Faults
from backend.anomalies.models import Episode
from backend.anomalies.rules import Finding
from backend.core.database import insert_into
from backend.core.edge import application
from backend.core.ids import new_id
from backend.policy.model import Policy
from backend.stations.models import Station
from backend.stations.rules import UNITS


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of one station."""

    station: Station
    finding: Finding

    @property
    def key(self) -> str:
        """Of the episode that it begins or widens."""
        return key_of(self.station.id, self.finding.kind)


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A finding, what the end of its episode waits for, and its evidence: all of it before anything is written."""

    found: Found
    mark: float
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """What happened to an episode. `found` is what began or widened it, with `evidence` of the same, JSON-ready."""

    news: Literal["began", "widened", "ended"]
    station: Station
    episode: Episode
    found: tuple[Finding, ...] = ()
    evidence: tuple[dict[str, Any], ...] = ()

    @property
    def key(self) -> str:
        """Of station and kind, also when the episode is over."""
        return key_of(self.station.id, self.episode.kind)


Follower = Callable[[Session, Sequence[Turn]], object]


def install(app: Flask, followers: tuple[Follower, ...]) -> None:
    """Who is told of episodes, in the transaction in which they turn."""
    app.extensions["xunge.episode_followers"] = followers


def key_of(station_id: uuid.UUID, kind: str) -> str:
    """What is unique while an episode goes on, an alarm or a matter is open."""
    return f"{station_id}:{kind}"


def running(session: Session, stations: Collection[uuid.UUID]) -> dict[str, frozenset[str]]:
    """The pollutants of the episodes that go on at these stations, by the episodes' keys. Locks nothing."""
    wanted = select(Episode.running_key, Episode.marks).where(
        Episode.station_id.in_(stations), Episode.running_key.is_not(None)
    )
    return {key: frozenset(marks) for key, marks in session.execute(wanted) if key}


def take_apart(found: Collection[Found], policy: Policy, faults: Faults) -> int:
    """`take` in a transaction of its own, for jobs, which keeps their faults as well. Returns how many turned."""
    if not found:
        faults.keep_apart()
        return 0
    with application().database.transaction() as session:
        turned = len(take(session, found, policy, faults))
        faults.keep(session)
        return turned


def take(session: Session, found: Iterable[Found], policy: Policy, faults: Faults) -> list[Turn]:
    """Begin episodes, or widen those that go on by pollutants that are new in them; tell the followers."""
    by_key: dict[str, list[_Weighed]] = {}
    for one in found:
        weighed = faults.attempt(one.finding.kind, one.station.code, partial(_weigh, one, policy), None)
        if weighed is not None:
            by_key.setdefault(one.key, []).append(weighed)
    turns = [turn for key in sorted(by_key) if (turn := _turn(session, key, by_key[key], policy)) is not None]
    if turns:
        session.flush()
        _tell(session, turns)
    return turns


def _weigh(found: Found, policy: Policy) -> _Weighed:
    clearing = policy.alarms.anomalies.of(found.station.kind).clearing
    return _Weighed(found, rules.mark_of(clearing, found.finding), _told(found.station, found.finding, policy))


def _turn(session: Session, key: str, weighed: Sequence[_Weighed], policy: Policy) -> Turn | None:
    first = weighed[0].found
    new = _begin(session, key, first, policy)
    episode = session.scalar(
        select(Episode).where(Episode.running_key == key).with_for_update().execution_options(populate_existing=True)
    )
    if episode is None:  # it ended in this moment: the next reading begins the next one
        return None
    added = {one.found.finding.pollutant or "": one for one in reversed(weighed)}
    added = {name: one for name, one in added.items() if name not in episode.marks}
    if not added:
        return None
    episode.marks = {**episode.marks, **{name: one.mark for name, one in added.items()}}
    in_order = sorted(added.items(), key=lambda pair: (pair[1].found.finding.at, pair[0]))
    findings, told = tuple(one.found.finding for _, one in in_order), tuple(one.told for _, one in in_order)
    return Turn("began" if new else "widened", first.station, episode, findings, told)


def _begin(session: Session, key: str, found: Found, policy: Policy) -> bool:
    """Insert the episode; False where it goes on already. Waits for whoever is inserting the same one."""
    row = {
        "id": new_id(),
        "station_id": found.station.id,
        "kind": found.finding.kind,
        "began_at": found.finding.at,
        "policy": policy.label,
        "quiet_minutes": policy.alarms.anomalies.of(found.station.kind).clearing.minutes,
        "marks": {},
        "running_key": key,
    }
    new = insert_into(session, Episode).values(row).on_conflict_do_nothing()
    return session.scalar(new.returning(Episode.id)) is not None


def end(session: Session, episode_id: uuid.UUID, at: datetime, *, quiet: bool = True) -> bool:
    """It was quiet for long enough; or nobody knows, and nobody is told. False where it is over already."""
    episode = session.get(Episode, episode_id, with_for_update=True, populate_existing=True)
    if episode is None or episode.running_key is None:
        return False
    episode.running_key, episode.ended_at = None, at
    session.flush()
    if quiet:
        _tell(session, [Turn("ended", session.get_one(Station, episode.station_id), episode)])
    return True


def _tell(session: Session, turns: Sequence[Turn]) -> None:
    for follow in current_app.extensions["xunge.episode_followers"]:
        follow(session, turns)


def _told(station: Station, finding: Finding, policy: Policy) -> dict[str, Any]:
    """What an alarm or a matter rests on: the rule, what the value was held against, the readings, the policy."""
    readings = []
    if finding.pollutant is not None:
        reading = {"station": station.code, "pollutant": finding.pollutant, "value": finding.value}
        readings = [reading | {"unit": UNITS[finding.pollutant], "at": finding.at.isoformat()}]
    facts = {"rule": finding.kind, "threshold": finding.threshold, "policy": policy.label, "readings": readings}
    return facts | dict(finding.facts)
