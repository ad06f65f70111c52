"""What speaks against an answer from the field."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.alarms import doubts
from backend.alarms.position import Whereabouts
from backend.policy import service as policies
from tests.backend.cast import MONDAY

POLICY = policies.read(Path(policies.__file__).parent / "files" / "changji.toml").alarms
STATION = (87.05, 44.05)
NEAR = {"lon": 87.051, "lat": 44.05, "accuracy_m": 12, "mock": False}
FAR = NEAR | {"lon": 87.15}


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def test_on_site_is_near_the_station_or_inside_its_grid() -> None:
    assert doubts.of_place(None, STATION, False, POLICY) == ["no_position"]
    assert doubts.of_place(NEAR, STATION, False, POLICY) == []
    assert doubts.of_place(FAR, STATION, False, POLICY) == ["away_from_station"]
    assert doubts.of_place(FAR, STATION, True, POLICY) == []
    poor = NEAR | {"mock": True, "accuracy_m": 500}
    assert doubts.of_place(poor, STATION, True, POLICY) == ["inaccurate_position", "mock_position"]


@pytest.mark.parametrize(
    ("taken", "skew_ms", "found"),
    [
        ([], None, ["no_picture"]),
        ([at(10)], None, []),
        ([at(-10)], None, ["picture_older_than_alarm"]),
        ([at(10), at(-600)], None, ["picture_older_than_alarm"]),
        ([at(-10)], -20 * 60_000, []),  # the phone is twenty minutes behind
        ([at(10)], 20 * 60_000, ["picture_older_than_alarm"]),
        ([at(-0.9)], None, []),
        ([None], None, []),
    ],
)
def test_a_picture_is_of_the_alarms_own_time(
    taken: list[datetime | None], skew_ms: int | None, found: list[str]
) -> None:
    assert doubts.of_pictures(taken, MONDAY, skew_ms) == found


def test_nobody_flies() -> None:
    start, next_village = Whereabouts(87.0, 44.05, at(0), 10), 87.2  # 16 km
    assert doubts.of_speed(None, start, POLICY) == []
    assert doubts.of_speed(start, Whereabouts(next_village, 44.05, at(12), 10), POLICY) == []
    assert doubts.of_speed(start, Whereabouts(next_village, 44.05, at(6), 10), POLICY) == ["impossible_speed"]
    assert doubts.of_speed(start, Whereabouts(next_village, 44.05, at(0), 10), POLICY) == ["impossible_speed"]
    assert doubts.of_speed(start, Whereabouts(next_village, 44.05, at(-6), 10), POLICY) == []  # made before
    assert doubts.of_speed(start, Whereabouts(87.0012, 44.05, at(0), None), POLICY) == []  # 96 m: may be an error


places = st.builds(Whereabouts, st.floats(86, 88), st.floats(43, 45), st.floats(0, 600).map(at), st.floats(0, 500))


@given(places, places, st.floats(0, 600))
def test_with_more_time_nothing_gets_more_doubtful(before: Whereabouts, now: Whereabouts, later: float) -> None:
    slower = Whereabouts(now.lon, now.lat, now.at + timedelta(minutes=later), now.accuracy_m)
    if now.at >= before.at and not doubts.of_speed(before, now, POLICY):
        assert doubts.of_speed(before, slower, POLICY) == []
