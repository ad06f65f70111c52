"""What the rules do over HTTP: pollution sends people, a broken instrument opens a matter for whoever keeps it."""

from datetime import timedelta

import pytest

from backend.core import clock
from backend.notices.channels import Reach
from tests.backend.anomalies.conftest import Sky
from tests.backend.cast import COUNTY_A, MONDAY, VILLAGE_A1, VILLAGE_A2
from tests.backend.stations.world import PLACE, reading


def test_a_sudden_rise_is_an_alarm_before_any_limit_is_reached(sky: Sky) -> None:
    sky.breathe(40, 42, 38, 41, 118)
    [alarm] = sky.alarms()
    assert (alarm.kind, alarm.value) == ("sudden_rise", 118)
    [ground] = sky.events(alarm, "raised")[0]["grounds"]
    assert (ground["median"], ground["threshold"], ground["window"]["readings"]) == (40.5, 115.0, 4)
    assert ground["earlier"][0] == {"at": (clock.now() - timedelta(hours=2)).isoformat(), "value": 40.0}
    assert sky.told("alarm.order") == ["Ding"]


def test_an_alarm_is_where_its_station_stood_when_it_measured(sky: Sky) -> None:
    """It was moved to the next village, and what it had measured before comes after that."""
    measured = clock.now()
    sky.hand.move(minutes=30)
    sky.move("M1", (87.15, 44.05))
    sky.move("N1", (87.15, 44.05))
    sky.measure(200, at=measured.isoformat())
    sky.hand.move(minutes=1)
    sky.measure(200, "N1")
    before, since = sky.alarms()
    assert (before.lon, before.lat, before.grid_path) == (*PLACE, VILLAGE_A1)
    assert (since.lon, since.lat, since.grid_path) == (87.15, 44.05, VILLAGE_A2)


def test_readings_of_one_batch_are_looked_at_one_after_another(sky: Sky) -> None:
    values = [40, 42, 38, 118, 40]
    ages = range(20 * len(values), 0, -20)
    sky.send(*(reading(value, at=sky.ago(minutes=age).isoformat()) for value, age in zip(values, ages, strict=True)))
    assert sky.kinds() == [("sudden_rise", "pm25")]


def test_away_from_its_neighbours_a_station_names_them(sky: Sky) -> None:
    for station, value in {"N1": 40, "N2": 44, "N3": 50, "far": 119}.items():
        sky.measure(value, station)
    sky.hand.move(minutes=5)
    sky.measure(110)
    [alarm] = sky.alarms()
    assert alarm.kind == "away_from_neighbours"
    [ground] = sky.events(alarm, "raised")[0]["grounds"]
    assert ground["median"] == 44
    told = [(each["station"], each["value"]) for each in ground["neighbours"]]
    assert told == [("N1", 40), ("N2", 44), ("N3", 50)]
    assert [700 < each["distance_m"] < 2500 for each in ground["neighbours"]] == [True] * 3
    assert ground["neighbours"][0]["at"] == (clock.now() - timedelta(minutes=5)).isoformat()


@pytest.mark.parametrize("silent", ["faulty", "old", "back-filled", "absent"])
def test_a_neighbour_that_measured_nothing_sound_lately_is_none(sky: Sky, silent: str) -> None:
    sky.measure(40, "N1")
    sky.measure(44, "N2")
    if silent == "faulty":
        sky.measure(-100, "N3")
    elif silent == "old":
        sky.measure(50, "N3", at=sky.ago(minutes=86).isoformat())
    elif silent == "back-filled":
        sky.measure(50, "N3", backfilled=True)
    sky.hand.move(minutes=5)
    sky.measure(110)
    assert sky.kinds() == []


def test_one_broken_neighbour_neither_raises_nor_hides_an_alarm(sky: Sky) -> None:
    for station, value in {"N1": 999, "N2": 44, "N3": 50}.items():
        sky.measure(value, station)
    raised = len(sky.alarms())  # N1's own
    sky.hand.move(minutes=5)
    sky.measure(60)
    assert len(sky.alarms()) == raised
    sky.hand.move(minutes=1)
    sky.measure(149)
    assert [alarm.kind for alarm in sky.alarms()[raised:]] == ["away_from_neighbours"]


def test_values_that_do_not_move_for_hours_are_the_instruments_fault(sky: Sky) -> None:
    sky.breathe(*[37.4] * 7, minutes=60)
    assert sky.judge_hours() == 1
    assert sky.judge_hours() == 0
    [matter] = sky.matters()
    assert (matter.kind, matter.evidence[0]["hours"], matter.evidence[0]["window"]["readings"]) == ("constant", 6, 7)
    assert sky.alarms() == []
    sky.hand.move(hours=1)
    sky.breathe(37.5, 36.0, minutes=60)
    assert sky.end_quiet() == 1
    assert sky.matters()[0].recovered_at == clock.now()


def test_one_impossible_value_does_not_hide_that_the_others_do_not_move(sky: Sky) -> None:
    sky.breathe(*[37.4] * 7, minutes=60)
    sky.hand.move(minutes=1)
    sky.measure(-50)
    assert sky.judge_hours() == 1
    assert sorted(matter.kind for matter in sky.matters()) == ["constant", "negative"]


def test_a_negative_value_opens_a_matter_and_tells_who_keeps_the_station(sky: Sky) -> None:
    sky.measure(-20)
    assert sky.alarms() == []
    assert sky.told("matter.open") == ["Ding", "Erkin", "Guo"]
    [shown] = sky.call("Guo").get("/matters?open=true").json["items"]
    assert (shown["kind"], shown["closed_at"], shown["grid"]) == ("negative", None, "652301001001")
    assert shown["evidence"][0]["readings"][0]["value"] == -20
    assert (shown["evidence"][0]["threshold"], shown["policy"]) == (-5, "changji@1")


def test_a_matter_leaves_the_app_too_and_waits_for_the_morning(sky: Sky) -> None:
    sky.channel("dingtalk://guo", Reach(sky.cast["Guo"].id))
    sky.channel("wecombot://group", Reach(role="dispatcher", grid_path=COUNTY_A))
    sky.channel("dingtalk://xu", Reach(sky.cast["Xu"].id))
    sky.hand.set(MONDAY + timedelta(hours=15))  # eleven at night
    sky.measure(-20)
    mine, ours = sky.messages()
    assert (mine.kind, mine.urgent, mine.title) == ("matter.open", False, "站点的数据出现负值")
    where = "昌吉市宁边路街道红星社区:站点 M1(M1)"
    assert mine.text.split("\n")[1] == f"{where}的数据出现负值,请派人检查设备,处理后在平台办结该事项。"
    assert {message.due_at for message in (mine, ours)} == {MONDAY + timedelta(hours=22)}


def test_a_matter_is_closed_with_what_was_done_and_only_once(sky: Sky) -> None:
    sky.measure(5000)
    [matter] = sky.matters()
    path = f"/matters/{matter.id}"
    closed = sky.call("Guo").post(f"{path}/close", json={"result": "已更换激光头"})
    assert closed.status_code == 200, closed.text
    assert (closed.json["result"], closed.json["closed_at"]) == ("已更换激光头", clock.now().isoformat())
    again = sky.call("Ding").post(f"{path}/close", json={"result": "x"})
    assert (again.status_code, again.json["code"]) == (409, "matter_closed")
    assert sky.call("Guo").post(f"{path}/close", json={"result": ""}).status_code == 422
    assert sky.call("Ding").get("/matters?open=true").json["items"] == []
    assert sky.call("Ding").get("/matters?open=false&kind=out_of_range").json["items"][0]["id"] == str(matter.id)
    # still faulty: the episode goes on, and opens no other
    sky.hand.move(minutes=1)
    sky.measure(5001)
    assert len(sky.matters()) == 1
    sky.hand.move(minutes=1)
    sky.breathe(30, 30.5, 31)
    assert sky.end_quiet() == 1
    sky.measure(5002, at=sky.ago(seconds=-1).isoformat())
    assert len(sky.matters()) == 2


def test_matters_are_shown_to_their_part_of_the_tree_and_closed_by_who_keeps_stations(sky: Sky) -> None:
    sky.measure(-20)
    path = f"/matters/{sky.matters()[0].id}"
    assert sky.call("Aygul").get(path).status_code == 200
    assert sky.call("Xu").get("/matters").json == {"items": [], "next": None}
    assert sky.call("Xu").get(path).json["code"] == "forbidden"
    for name in ("Aygul", "Chen", "Xu", "Wang"):
        answer = sky.call(name).post(f"{path}/close", json={"result": "x"})
        assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert sky.app.test_client().get(f"/api/v1{path}").status_code == 401
    nowhere = "/matters/0199aaaa-0000-7000-8000-000000000000"
    assert sky.call("Ding").get(nowhere).status_code == 404
    assert sky.call("Ding").post(f"{nowhere}/close", json={"result": "x"}).status_code == 404


def test_a_fault_that_comes_again_joins_the_open_matter(sky: Sky) -> None:
    sky.breathe(-20, 30, 31, 32)
    assert sky.end_quiet() == 1
    [matter] = sky.matters()
    assert matter.recovered_at == clock.now()
    sky.hand.move(minutes=1)
    sky.measure(-30)
    [matter] = sky.matters()
    assert (matter.recovered_at, len(matter.evidence), matter.version) == (None, 2, 3)


def test_a_fault_that_nobody_measured_for_hours_is_not_recovered(sky: Sky) -> None:
    sky.measure(-20)
    sky.hand.move(hours=3)
    assert sky.end_quiet() == 1
    assert sky.matters()[0].recovered_at is None
    sky.measure(-30)
    assert [len(matter.evidence) for matter in sky.matters()] == [2]


def test_a_rule_that_is_switched_off_finds_nothing(sky: Sky) -> None:
    sky.measure(60_000, pollutant="nmhc", unit="ug/m3")  # nothing watches it
    assert (sky.alarms(), sky.matters()) == ([], [])


def test_a_station_that_falls_silent_opens_a_matter_until_it_has_spoken_for_a_while(sky: Sky) -> None:
    sky.measure(30)
    sky.hand.move(minutes=179)
    assert sky.find_silent() == 0
    sky.hand.move(minutes=2)  # contacts are true to a minute
    assert sky.find_silent() == 1
    assert sky.find_silent() == 0
    [matter] = sky.matters()
    assert (matter.kind, sky.alarms(), sky.told("matter.open")) == ("offline", [], ["Ding", "Erkin", "Guo"])
    assert matter.evidence[0]["threshold"] == 180
    assert sky.end_quiet() == 0
    sky.hand.move(hours=5)
    sky.measure(30)
    assert sky.end_quiet() == 0  # one word is no conversation
    sky.hand.move(minutes=30)
    sky.breathe(31, 32)
    assert sky.end_quiet() == 1
    assert sky.matters()[0].recovered_at == clock.now()


def test_a_silent_station_comes_back_with_whatever_it_sends(sky: Sky) -> None:
    nmhc = {"pollutant": "nmhc", "unit": "ug/m3"}
    sky.measure(30, **nmhc)  # not listed for it; readings of it are kept all the same
    sky.hand.move(minutes=181)
    assert sky.find_silent() == 1
    sky.breathe(31, 32, 33, **nmhc)
    assert sky.end_quiet() == 1
    assert sky.matters()[0].recovered_at == clock.now()


def test_a_station_that_was_never_heard_of_is_not_offline(sky: Sky) -> None:
    sky.hand.move(days=3)
    assert sky.find_silent() == 0


def test_under_maintenance_nothing_is_found(sky: Sky) -> None:
    sky.measure(30)
    sky.maintain("M1", clock.now(), clock.now() + timedelta(hours=6))
    sky.hand.move(hours=1)
    sky.breathe(900, -60, 5000)
    assert (sky.episodes(), sky.alarms(), sky.matters()) == ([], [], [])
    sky.hand.move(hours=3, minutes=30)
    assert sky.find_silent() == 0
    sky.hand.move(hours=3, minutes=29)
    assert sky.find_silent() == 0  # whoever maintained it has had it off: it has its three hours to speak again
    sky.hand.move(minutes=1)
    assert sky.find_silent() == 1


def test_what_was_measured_under_maintenance_is_no_ground(sky: Sky) -> None:
    sky.maintain("M1", clock.now() + timedelta(minutes=1), clock.now() + timedelta(minutes=89))
    sky.breathe(40, 500, 600, 44)
    sky.hand.move(minutes=1)
    sky.breathe(41, 42, 119)
    assert sky.kinds() == [("sudden_rise", "pm25")]
    ground = sky.events(sky.alarms()[0], "raised")[0]["grounds"][0]
    assert ground["window"] == {"readings": 4, "lowest": 40, "highest": 44}


def test_how_much_goes_on_stands_in_the_figures(sky: Sky) -> None:
    sky.measure(200)
    sky.measure(-20, pollutant="pm10")
    figures = sky.app.test_client().get("/metrics").text
    assert 'xunge_anomaly_episodes{kind="over_limit"} 1.0' in figures
    assert 'xunge_anomaly_episodes{kind="offline"} 0.0' in figures
    assert 'xunge_maintenance_matters{kind="negative"} 1.0' in figures


@pytest.mark.parametrize("before", [(40, 60, 40, 60), (49, 49, 51, 51, 51, 49), (10, 100, 45)])
def test_half_of_the_values_before_being_low_is_enough_for_a_rise(sky: Sky, before: tuple[float, ...]) -> None:
    sky.breathe(*before, 125, minutes=20)
    assert sky.kinds() == [("sudden_rise", "pm25")]


def test_values_that_do_not_count_do_not_hide_a_rise(sky: Sky) -> None:
    sky.maintain("M1", sky.ago(minutes=-61), sky.ago(minutes=-149))
    sky.breathe(40, 41, 42, minutes=30)
    sky.hand.move(minutes=10)
    sky.breathe(500, 600, 500, 600, minutes=25)
    sky.hand.move(minutes=10)
    sky.measure(140)
    assert sky.kinds() == [("sudden_rise", "pm25")]
