"""Episodes and their alarms: one at a time for station and kind, and an end that is lower and later than the start."""

from typing import Any

import pytest
from sqlalchemy import event, select

from backend.anomalies.ending import over
from backend.anomalies.faults import Faults
from backend.core import clock
from backend.stations.models import Station
from tests.backend.anomalies.conftest import Sky
from tests.backend.stations.world import reading


def test_over_its_limit_a_station_raises_one_alarm_until_it_is_quiet(sky: Sky) -> None:
    sky.breathe(149, 150, 300, 149, 121)
    assert sky.kinds() == [("over_limit", "pm25")]
    assert sky.end_quiet() == 0
    [episode] = sky.episodes()
    assert (episode.marks, episode.quiet_minutes, episode.policy) == ({"pm25": 120.0}, 60, "changji@1")
    sky.hand.move(minutes=30)
    sky.breathe(119, 119, 119)
    assert sky.end_quiet() == 1
    assert sky.end_quiet() == 0
    assert sky.episodes()[0].ended_at == clock.now()
    [alarm] = sky.alarms()
    assert [facts["grounds"] for facts in sky.events(alarm, "subsided")] == [[]]


def test_an_alarm_names_its_evidence(sky: Sky) -> None:
    sky.measure(212)
    [alarm] = sky.alarms()
    assert (alarm.value, alarm.unit, alarm.policy) == (212, "ug/m3", "changji@1")
    [facts] = sky.events(alarm, "raised")
    assert facts["episode_id"] == str(sky.episodes()[0].id)
    assert facts["grounds"] == [
        {
            "rule": "over_limit",
            "threshold": 150.0,
            "policy": "changji@1",
            "readings": [
                {
                    "station": "M1",
                    "pollutant": "pm25",
                    "value": 212.0,
                    "unit": "ug/m3",
                    "at": clock.now().isoformat(),
                }
            ],
        }
    ]


def test_another_pollutant_joins_the_alarm(sky: Sky) -> None:
    sky.measure(200)
    sky.hand.move(minutes=1)
    sky.measure(400, pollutant="pm10")
    sky.hand.move(minutes=1)
    sky.measure(410, pollutant="pm10")
    [alarm] = sky.alarms()
    assert (alarm.pollutant, sky.kinds()) == ("pm25", [("over_limit", "pm25")])
    [added] = sky.events(alarm, "evidence")
    assert [ground["readings"][0]["value"] for ground in added["grounds"]] == [400]
    assert sky.episodes()[0].marks == {"pm25": 120.0, "pm10": 200.0}
    # and the episode ends when both are quiet
    sky.hand.move(minutes=1)
    sky.breathe(50, 50, 50)
    assert sky.end_quiet() == 0
    sky.breathe(50, 50, 50, pollutant="pm10")
    assert sky.end_quiet() == 1


def test_two_pollutants_of_one_batch_make_one_alarm_with_both_in_its_grounds(sky: Sky) -> None:
    now = clock.now().isoformat()
    sky.send(reading(400, pollutant="pm10", at=now), reading(200, at=now))
    [alarm] = sky.alarms()
    grounds = sky.events(alarm, "raised")[0]["grounds"]
    assert [ground["readings"][0]["pollutant"] for ground in grounds] == ["pm10", "pm25"]


def test_closing_an_alarm_while_values_are_high_raises_no_other(sky: Sky) -> None:
    sky.measure(200)
    sky.close(sky.alarms()[0])
    sky.hand.move(minutes=1)
    sky.breathe(200, 220, 300)
    assert len(sky.alarms()) == 1
    sky.hand.move(minutes=30)
    sky.breathe(100, 100, 100)
    assert sky.end_quiet() == 1
    sky.hand.move(minutes=1)
    sky.measure(200)
    assert [alarm.state for alarm in sky.alarms()] == ["withdrawn", "ordered"]


def test_a_new_episode_joins_an_alarm_that_is_still_open(sky: Sky) -> None:
    sky.breathe(200, 100, 100, 100)
    assert sky.end_quiet() == 1
    sky.hand.move(minutes=1)
    sky.measure(180)
    [alarm] = sky.alarms()
    first, second = sky.episodes()
    assert [facts["episode_id"] for facts in sky.events(alarm, "evidence")] == [str(second.id)]
    assert (first.running_key, alarm.open_key) == (None, second.running_key)


def test_each_kind_has_its_alarm(sky: Sky) -> None:
    sky.breathe(40, 42, 38, 41, 200)
    assert sorted(kind for kind, _ in sky.kinds()) == ["over_limit", "sudden_rise"]
    assert [sky.events(alarm, "evidence") for alarm in sky.alarms()] == [[], []]


def test_where_policy_says_so_other_kinds_join_the_open_alarm_of_the_station(sky: Sky) -> None:
    sky.one_alarm_per("station")
    sky.breathe(40, 42, 38, 41, 200)
    assert sorted(episode.kind for episode in sky.episodes()) == ["over_limit", "sudden_rise"]
    assert sky.kinds() == [("over_limit", "pm25")]
    [alarm] = sky.alarms()
    assert [ground["rule"] for ground in sky.events(alarm, "evidence")[0]["grounds"]] == ["sudden_rise"]
    # closed while both go on: neither makes another
    sky.close(alarm)
    sky.hand.move(minutes=1)
    sky.measure(210)
    assert len(sky.alarms()) == 1


def test_a_new_episode_joins_an_alarm_that_was_reopened(sky: Sky) -> None:
    sky.breathe(200, 100, 100, 100)
    assert sky.end_quiet() == 1
    [alarm] = sky.alarms()
    sky.close(alarm)
    answer = sky.call("Erkin").post(f"/alarms/{alarm.id}/reopen", json={"reason": "群众再次反映"})
    assert answer.status_code in (200, 201), answer.text
    sky.hand.move(minutes=1)
    sky.measure(180)
    _, reopened = sky.alarms()
    assert len(sky.events(reopened, "evidence")) == 1


def test_late_and_back_filled_readings_open_nothing(sky: Sky) -> None:
    sky.measure(300, at=sky.ago(hours=2, seconds=1).isoformat())
    sky.measure(300, backfilled=True)
    sky.measure(-50, pollutant="pm10", backfilled=True)
    assert (sky.episodes(), sky.alarms(), sky.matters()) == ([], [], [])


def test_late_readings_are_no_ground_either(sky: Sky) -> None:
    """What comes in one go after a silence of days is looked at by its live part alone: the last three."""
    hours = [reading(116 + hour, at=sky.ago(hours=hour).isoformat()) for hour in range(14)]
    sky.send(*hours)
    for hour in range(9):
        assert sky.judge_hours() == 0
        sky.hand.move(hours=1)
        sky.measure(116 + hour)
    assert sky.judge_hours() == 1
    assert sky.kinds() == [("persistently_high", "pm25")]


def test_two_readings_a_millisecond_apart_make_one_alarm(sky: Sky) -> None:
    moments = [(sky.ago(milliseconds=number)).isoformat() for number in range(2)]
    sky.send(*(reading(300, at=moment) for moment in moments))
    sky.send(reading(310, at=sky.ago(milliseconds=2).isoformat()))
    assert len(sky.alarms()) == len(sky.episodes()) == 1


def test_a_reading_that_cannot_open_its_alarm_is_not_stored_either(sky: Sky, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(*_: object) -> None:
        raise RuntimeError("power")

    monkeypatch.setattr("backend.alarms.episodes.settle", torn)
    monkeypatch.setattr("backend.alarms.service.settle", torn)
    with pytest.raises((RuntimeError, AssertionError)):
        sky.measure(300)
    monkeypatch.undo()
    assert (sky.episodes(), sky.alarms()) == ([], [])
    sky.measure(300)  # as the station sends again, it is stored for the first time
    assert len(sky.alarms()) == 1


def test_after_hours_without_a_value_the_next_high_one_is_another_episode(sky: Sky) -> None:
    """Its alarm was closed, the power failed for three days: what it measures then is news."""
    sky.measure(200)
    sky.close(sky.alarms()[0])
    sky.hand.move(minutes=179)
    assert sky.end_quiet() == 0
    sky.hand.move(minutes=1)
    assert sky.end_quiet() == 1
    sky.hand.move(days=3)
    sky.measure(300)
    assert [alarm.state for alarm in sky.alarms()] == ["withdrawn", "ordered"]


def test_an_instrument_that_is_dead_keeps_no_episode_of_the_others(sky: Sky) -> None:
    sky.measure(400, pollutant="pm10")
    sky.breathe(*[200] * 7)
    assert sky.end_quiet() == 0
    sky.hand.move(minutes=1)
    sky.breathe(50, 50, 50)
    assert sky.end_quiet() == 1
    assert sky.events(sky.alarms()[0], "subsided") == []  # of PM10 nobody knows


def test_a_station_that_rests_ends_its_episodes_and_nothing_has_recovered(sky: Sky) -> None:
    sky.measure(200)
    sky.measure(-20, pollutant="pm10")
    with sky.app.database.transaction() as session:
        session.scalars(select(Station).where(Station.code == "M1")).one().in_service = False
    assert sky.end_quiet() == 2
    assert [episode.ended_at for episode in sky.episodes()] == [clock.now()] * 2
    assert sky.events(sky.alarms()[0], "subsided") == []  # nothing was measured
    assert [matter.recovered_at for matter in sky.matters()] == [None]


def test_episodes_are_looked_at_together_however_many(sky: Sky) -> None:
    asked: list[str] = []

    def note(*args: Any) -> None:
        asked.append(args[2])

    def statements() -> int:
        asked.clear()
        with sky.app.app_context(), sky.app.database.transaction(write=False) as session:
            assert list(over(session, clock.now(), Faults())) == []
        return len(asked)

    event.listen(sky.app.database.engine, "before_cursor_execute", note)
    sky.measure(200)
    one = statements()
    sky.hand.move(minutes=1)
    for station in ("M1", "N1", "N2", "N3"):
        sky.measure(400, station, pollutant="pm10")
        sky.measure(-50, station)
    assert len(sky.episodes()) >= 8
    assert statements() == one


def test_each_episode_ends_by_what_its_own_station_measured(sky: Sky) -> None:
    sky.measure(200)
    sky.measure(200, "N1")
    sky.hand.move(minutes=1)
    for values in zip((50, 50, 50), (50, 150, 50), strict=True):
        for station, value in zip(("M1", "N1"), values, strict=True):
            sky.measure(value, station)
        sky.hand.move(minutes=30)
    assert sky.end_quiet() == 1
    ended = [episode.ended_at is not None for episode in sky.episodes()]
    assert sorted(ended) == [False, True]
