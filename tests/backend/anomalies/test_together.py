"""Several workers, and workers that die: an episode begins once, and with its readings and its alarm or not at all."""

import os
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from backend.app import create_app
from backend.core.edge import Application
from backend.stations.models import Reading
from tests.backend.anomalies.conftest import Sky
from tests.backend.stations.world import reading
from tests.backend.together import at_once

KILLED = 9


@pytest.fixture
def other(app: Application) -> Iterator[Application]:
    """A second worker on the same database, with connections of its own."""
    other = create_app(app.settings)
    yield other
    other.database.close()


def worker(sky: Sky, app: Application) -> Sky:
    return Sky(app, sky.hand, sky.call, sky.secret, sky.cast)


def test_many_requests_make_one_alarm_of_one_episode(sky: Sky) -> None:
    _crosswise([sky] * 8)
    _holds_two_alarms_with_both_pollutants(sky)


@pytest.mark.only_on("postgresql")
def test_several_workers_make_one_alarm_of_one_episode(sky: Sky, other: Application) -> None:
    _crosswise([sky, worker(sky, other)] * 4)
    _holds_two_alarms_with_both_pollutants(sky)


def _crosswise(workers: list[Sky]) -> None:
    """Each sends both stations, in one order or the other, a millisecond apart, with the pollutants by turns."""

    def batch(number: int, sky: Sky) -> None:
        at = sky.ago(milliseconds=number).isoformat()
        first, second = ("M1", "N1") if number % 2 else ("N1", "M1")
        one, two = ("pm10", "pm25") if number % 3 else ("pm25", "pm10")
        sky.send(reading(300, station=first, at=at, pollutant=one), reading(300, station=second, at=at, pollutant=two))

    at_once(*(lambda number=number, sky=sky: batch(number, sky) for number, sky in enumerate(workers)))


def _holds_two_alarms_with_both_pollutants(sky: Sky) -> None:
    assert [kind for kind, _ in sky.kinds()] == ["over_limit"] * 2
    assert [set(episode.marks) for episode in sky.episodes()] == [{"pm25", "pm10"}] * 2
    for alarm in sky.alarms():
        told = [*sky.events(alarm, "raised"), *sky.events(alarm, "evidence")]
        pollutants = [ground["readings"][0]["pollutant"] for facts in told for ground in facts["grounds"]]
        assert sorted(pollutants) == ["pm10", "pm25"]


def test_workers_that_end_an_episode_at_once_end_it_once(sky: Sky) -> None:
    sky.breathe(200, 50, 50, 50)
    ended: list[int] = []
    at_once(*[lambda: ended.append(sky.end_quiet())] * 4)
    assert sum(ended) == 1
    assert len(sky.events(sky.alarms()[0], "subsided")) == 1


def test_jobs_that_find_the_same_at_once_begin_it_once(sky: Sky) -> None:
    sky.breathe(*[37.4] * 7, minutes=60)
    at_once(*[sky.judge_hours] * 4)
    sky.hand.move(hours=5)
    at_once(*[sky.find_silent] * 4)
    assert [(matter.kind, len(matter.evidence)) for matter in sky.matters()] == [("constant", 1), ("offline", 1)]


def test_an_alarm_that_is_closed_while_its_episode_widens_is_closed_once_and_makes_no_other(sky: Sky) -> None:
    sky.measure(200)
    [alarm] = sky.alarms()
    at_once(lambda: sky.close(alarm), lambda: sky.measure(400, pollutant="pm10"))
    [alarm] = sky.alarms()
    assert (alarm.state, alarm.open_key) == ("withdrawn", None)
    assert set(sky.episodes()[0].marks) == {"pm25", "pm10"}
    assert len(sky.events(alarm, "evidence")) in (0, 1)


@pytest.mark.parametrize(
    "last",
    [
        "backend.anomalies.episodes.rules.mark_of",
        "backend.anomalies.episodes._tell",
        "backend.alarms.episodes.chronicle.write",
        "backend.alarms.service.settle",
    ],
)
def test_a_worker_that_dies_leaves_nothing_and_the_station_sends_again(
    sky: Sky, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(last, lambda *_, **__: os._exit(KILLED))
        try:
            worker(sky, create_app(sky.app.settings)).measure(300)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED
    with sky.app.database.transaction(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Reading)) == 0
    assert (sky.episodes(), sky.alarms()) == ([], [])
    sky.measure(300)
    assert len(sky.episodes()) == len(sky.alarms()) == 1


def test_two_kinds_that_begin_at_once_at_a_station_send_people_once_where_policy_wants_it(sky: Sky) -> None:
    sky.one_alarm_per("station")
    stations = ("M1", "N1", "N2", "N3")
    for _ in range(4):
        sky.hand.move(minutes=10)
        now = sky.ago().isoformat()
        sky.send(*(reading(40, station=station, at=now) for station in stations))
    sky.hand.move(seconds=1)  # so soon that no contact is noted, whose row would let one after the other in
    works: list[Callable[[], object]] = []
    for station in stations:
        works.append(lambda station=station: sky.measure(400, station, pollutant="pm10"))
        works.append(lambda station=station: sky.measure(118, station))
    at_once(*works)
    assert {episode.kind for episode in sky.episodes()} >= {"over_limit", "sudden_rise"}
    assert len({alarm.station_id for alarm in sky.alarms()}) == len(sky.alarms()) == 4
