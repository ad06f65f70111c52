"""What speaks against an answer from the field: flags for a reviewer, never a refusal (CJ-3, issue *Alarms*). Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from backend.alarms.position import Whereabouts
from backend.policy.model import AlarmPolicy
from geo.distance import haversine_m

NOT_ENOUGH = frozenset({"no_position", "away_from_station", "no_picture"})
"""What keeps an answer from meeting its clock by itself: a person decides."""
DOUBTS = NOT_ENOUGH | {"mock_position", "inaccurate_position", "impossible_speed", "picture_older_than_alarm",
                       "clock_runs_backwards", "boundaries_changed", "recused"}  # fmt: skip
"""All that an officer may want to look at before believing an answer."""

INACCURATE_M = 100.0
OLDER = timedelta(minutes=1)
"""A picture is older than its alarm when its phone says so by more than this."""


def of_place(
    position: Mapping[str, Any] | None, place: tuple[float, float], inside_grid: bool, policy: AlarmPolicy
) -> list[str]:
    """What speaks against having been on site. `place` is the station's (lon, lat); both are WGS 84."""
    if position is None:
        return ["no_position"]
    away = haversine_m(position["lon"], position["lat"], *place)
    far = ["away_from_station"] if away > policy.onsite_distance_m and not inside_grid else []
    return far + of_position(position)


def of_position(position: Mapping[str, Any] | None) -> list[str]:
    """What speaks against a position itself."""
    found = []
    if position and (position.get("accuracy_m") or 0) > INACCURATE_M:
        found.append("inaccurate_position")
    if position and position.get("mock"):
        found.append("mock_position")
    return found


def of_pictures(taken: Iterable[datetime | None], raised_at: datetime, wall_skew_ms: int | None) -> list[str]:
    """What speaks against the pictures of an on-site answer. `taken` are the phone's times, put right by its skew."""
    times = list(taken)
    if not times:
        return ["no_picture"]
    skew = timedelta(milliseconds=wall_skew_ms or 0)
    older = any(at is not None and at - skew < raised_at - OLDER for at in times)
    return ["picture_older_than_alarm"] if older else []


def of_speed(before: Whereabouts | None, now: Whereabouts, policy: AlarmPolicy) -> list[str]:
    """Whether nobody travels that fast. How far the two fixes may be wrong is taken off the way."""
    if before is None or now.at < before.at:
        return []
    slack = (before.accuracy_m or INACCURATE_M) + (now.accuracy_m or INACCURATE_M)
    way_m = max(0.0, haversine_m(before.lon, before.lat, now.lon, now.lat) - slack)
    hours = (now.at - before.at) / timedelta(hours=1)
    return ["impossible_speed"] if way_m / 1000 > policy.fastest_kmh * hours else []
