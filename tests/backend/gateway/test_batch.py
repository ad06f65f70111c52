"""What becomes of frames: readings, marks, refusals, and who is answered."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from backend.alarms.models import Alarm
from backend.core import clock
from backend.core.edge import Application
from backend.gateway import batch, quarantine, service
from backend.gateway.batch import FAILED, LOST
from backend.gateway.models import Hj212Station
from backend.gateway.rules import live_since
from backend.hj212.answers import answer, packet
from backend.hj212.commands import UPLOADS
from backend.hj212.segment import read
from backend.stations import intake
from backend.stations.models import QuarantinedReading, Reading
from tests.backend.cast import MONDAY
from tests.backend.gateway import world
from tests.backend.gateway.world import World
from tests.backend.hj212.packets import DATA, MN, segment, sent

AT = "DataTime=20261123085500"
OTHER = "XINJIANG00000000000000M2"


def answered(**other: object) -> bytes:
    """The acknowledgement of `sent(**other)`."""
    return answer(read(segment(**other).encode()), "9014")


def alarms(app: Application) -> int:
    with app.database.transaction(write=False) as session:
        return session.scalar(select(func.count()).select_from(Alarm)) or 0


def test_values_become_readings_in_the_house_units_and_are_answered(station: World) -> None:
    assert station.answers(sent()) == [answered()]
    assert station.readings() == [("pm10", 60.0, "ug/m3", False), ("pm25", 35.0, "ug/m3", False)]
    with station.app.database.transaction(write=False) as session:
        assert {at for (at,) in session.execute(select(Reading.at))} == {MONDAY - timedelta(minutes=5)}


@pytest.mark.parametrize(("units", "said"), [("air", "35"), ("milligram", "0.035"), ("standard", "35000")])
def test_the_units_that_the_station_means(app: Application, units: str, said: str) -> None:
    station = world.build(app, units=units)
    station.store(sent(f"{AT};a34004-Rtd={said},a34004-Flag=N;a21005-Rtd=0.9,a21005-Flag=N"))
    assert station.readings() == [("co", 0.9, "mg/m3", False), ("pm25", 35.0, "ug/m3", False)]


def test_factors_that_nobody_knows_are_kept(station: World) -> None:
    station.store(sent(f"{AT};a01001-Rtd=-12.5,a01001-Flag=N;B01-Rtd=7,B01-Flag=N"))
    assert station.readings() == [("a01001", -12.5, "degC", False), ("b01", 7.0, "?", False)]


@pytest.mark.parametrize("mark", ["D", "M", "C", "B", "T", "F", "S", "d", "0"])
def test_what_the_instrument_marks_is_no_reading_and_is_kept_aside(station: World, mark: str) -> None:
    frame = sent(f"{AT};a34004-Rtd=999,a34004-Flag={mark};a34002-Rtd=60,a34002-Flag=N")
    assert station.answers(frame) == [answered()]
    assert station.readings() == [("pm10", 60.0, "ug/m3", False)]
    with station.app.database.transaction(write=False) as session:
        kept = session.scalars(select(QuarantinedReading)).one()
    assert (kept.source, kept.code, kept.station_id) == ("hj212", "marked", station.station.station_id)
    assert '"value":999.0' in kept.body
    assert f'"mark":"{mark.upper()}"' in kept.body


def test_means_stand_apart_from_single_values(station: World) -> None:
    mean = "DataTime=20261123080000;a34004-Min=1,a34004-Avg=30,a34004-Max=90,a34004-Flag=N"
    single = "DataTime=20261123080000;a34004-Rtd=35,a34004-Flag=N"
    station.store(sent(single), sent(mean, CN=2051), sent(mean, CN=2061), sent(mean, CN=2031))
    assert [(name, value) for name, value, _, _ in station.readings()] == [
        ("pm25", 35.0),
        ("pm25_day", 30.0),
        ("pm25_hour", 30.0),
        ("pm25_minute", 30.0),
    ]


def test_the_series_that_alarms_look_at_is_the_stations_choice(app: Application) -> None:
    station = world.build(app, series="hour")
    station.store(sent("DataTime=20261123080000;a34004-Avg=30,a34004-Flag=N", CN=2061), sent())
    assert [name for name, *_ in station.readings()] == ["pm10_realtime", "pm25", "pm25_realtime"]


def test_a_live_value_over_its_limit_raises_an_alarm(station: World) -> None:
    station.store(sent(f"{AT};a34004-Rtd=400,a34004-Flag=N"))
    assert alarms(station.app) == 1


@pytest.mark.parametrize("late", [f"RF=1;{AT}", "DataTime=20261123065900", "DataTime=20261120085500"])
def test_what_comes_late_is_marked_and_raises_none(station: World, late: str) -> None:
    station.store(sent(f"{late};a34004-Rtd=400,a34004-Flag=N"))
    assert [backfilled for *_, backfilled in station.readings()] == [True]
    assert alarms(station.app) == 0


def test_a_head_that_says_late_is_believed(station: World) -> None:
    station.store(sent(f"{AT};a34004-Rtd=400,a34004-Flag=N", RF=1, Flag=9))
    assert [backfilled for *_, backfilled in station.readings()] == [True]
    assert alarms(station.app) == 0


def test_how_old_is_late() -> None:
    assert live_since(UPLOADS["2011"], MONDAY) == live_since(UPLOADS["2061"], MONDAY) == MONDAY - timedelta(hours=2)
    assert live_since(UPLOADS["2031"], MONDAY) == MONDAY - timedelta(hours=26)


def test_the_same_frame_again_is_answered_again_and_stored_once(station: World) -> None:
    for _ in range(2):
        assert station.answers(sent(), sent()) == [answered(), answered()]
    assert len(station.readings()) == 2
    assert station.refused() == []
    assert station.counts() == {(MN, "taken"): 4}


def test_no_answer_where_none_is_wanted(station: World) -> None:
    assert station.answers(sent(Flag=4)) == [b""]
    assert len(station.readings()) == 2


@pytest.mark.parametrize(
    ("change", "mn", "reason"),
    [({"PW": "654321"}, MN, "wrong_password"), ({"MN": "NOBODY0000001"}, "", "unknown_station")],
)
def test_a_stranger_is_not_answered_and_kept_without_its_password(
    station: World, change: dict[str, object], mn: str, reason: str
) -> None:
    assert station.store(sent(**change)) == [LOST]
    [kept] = station.kept()
    assert (kept.mn, kept.reason, kept.peer, kept.size) == (mn, reason, "10.0.0.1", len(sent(**change)) - 2)
    assert b";PW=******;" in kept.raw
    assert station.readings() == []
    assert station.counts() == {(mn, reason): 1}


def test_a_station_that_was_closed_is_a_stranger(station: World) -> None:
    with station.app.database.transaction() as session:
        service.close(session, session.get_one(Hj212Station, MN))
    assert station.store(sent()) == [LOST]
    assert station.refused() == [("", "unknown_station")]


def test_one_bad_frame_never_holds_up_the_others(station: World) -> None:
    world.admit(station.app, "M2", OTHER)
    damaged = sent().replace(b"a34004-Rtd=35", b"a34004-Rtd=36")
    outcomes = station.store(damaged, b"noise\r\n", sent(MN=OTHER), sent(PW="x"), sent())
    assert [bool(outcome.answer) for outcome in outcomes] == [False, False, True, False, True]
    assert station.refused() == [("", "garbage"), (MN, "bad_crc"), (MN, "wrong_password")]
    assert len(station.readings()) == 4


def test_damage_counts_for_whose_connection_it_was(station: World) -> None:
    station.store(b"noise\r\n", speaker=MN)
    assert station.refused() == [(MN, "garbage")]


@pytest.mark.parametrize(
    ("data", "command", "reason"),
    [
        ("a34004-Rtd=1", 2011, "no_time"),
        ("DataTime=2026;a34004-Rtd=1", 2011, "bad_time"),
        (f"{AT};a34004-Rtd", 2011, "bad_item"),
        (f"{AT};a34004-Rtd=1,a34004-Rtd=2", 2011, "said_twice"),
        (f"{AT};SB1-RS=1", 2021, "other_command"),
    ],
)
def test_what_cannot_be_read_is_answered_and_kept_whole(station: World, data: str, command: int, reason: str) -> None:
    frame = sent(data, CN=command)
    assert station.answers(frame) == [answered(data=data, CN=command)]
    [kept] = station.kept()
    assert (kept.mn, kept.reason, kept.raw) == (MN, reason, frame[:-2].replace(b"PW=123456", b"PW=******"))
    assert station.readings() == []


@pytest.mark.parametrize("value", ["abc", "1e308", "nan", "999999999"])
def test_a_value_that_is_none_never_becomes_one(station: World, value: str) -> None:
    assert station.answers(sent(f"{AT};a34004-Rtd={value},a34004-Flag=N")) == [answered()]
    assert station.readings() == []


def test_a_clock_hours_ahead_makes_no_readings(station: World) -> None:
    assert station.answers(sent("DataTime=20261123120000;a34004-Rtd=35,a34004-Flag=N")) == [answered()]
    assert station.readings() == []
    with station.app.database.transaction(write=False) as session:
        assert session.scalars(select(QuarantinedReading.code)).all() == ["clock_ahead"]


def test_heartbeats_and_wishes_for_the_time(station: World) -> None:
    heartbeat, wish = sent("", CN=9015), sent("PolId=a34004", CN=1013)
    [beat, given] = station.answers(heartbeat, wish)
    assert b";CN=9013;" in beat
    first, second = given.splitlines()
    assert b";CN=9013;" in first
    assert second[6:-4].endswith(
        b"CN=1012;PW=123456;MN=%s;Flag=5;CP=&&PolId=a34004;SystemTime=20261123090000&&" % MN.encode()
    )
    assert station.answers(sent("ExeRtn=1", CN=9012)) == [b""]
    assert station.refused() == []


# Bounds


def test_strangers_cannot_fill_the_disk(station: World, monkeypatch: pytest.MonkeyPatch, hand: clock.Frozen) -> None:
    monkeypatch.setattr(quarantine, "STRANGERS_AN_HOUR", 3)
    frames = [sent(MN=f"STRANGER{number:04}") for number in range(5)]
    station.store(*frames[:2])
    station.store(*frames[2:])
    assert len(station.kept()) == 3
    assert station.counts() == {("", "unknown_station"): 5}
    hand.move(hours=1)
    station.store(frames[0])
    assert len(station.kept()) == 4


def test_a_strangers_frame_is_cut_and_says_how_long_it_was(station: World) -> None:
    [outcome] = station.store(packet("x" * 9_999))
    [kept] = station.kept()
    assert (outcome, kept.reason, len(kept.raw), kept.size) == (LOST, "no_data_area", quarantine.KEPT_BYTES, 10_009)


def test_a_station_is_told_nothing_of_what_is_not_kept(station: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "PROVED_AN_HOUR", 1)
    assert [bool(each) for each in station.answers(sent("x", CN=2021), sent("y", CN=2021))] == [True, False]


def test_what_is_old_or_too_much_is_forgotten(
    station: World, monkeypatch: pytest.MonkeyPatch, hand: clock.Frozen
) -> None:
    station.store(sent(PW="old"))
    hand.move(days=30, minutes=1)
    for word in "abc":
        station.store(sent(PW=word))
    monkeypatch.setattr(quarantine, "KEPT_AT_MOST", 2)
    with station.app.app_context(), station.app.database.transaction() as session:
        assert quarantine.forget(session) == 2
    assert [kept.size for kept in station.kept()] == [len(sent(PW="b")) - 2] * 2
    hand.move(hours=2)
    with station.app.app_context(), station.app.database.transaction() as session:
        assert quarantine.forget(session) == 0
    assert station.counts() == {(MN, "wrong_password"): 3}


# Faults of our own


def test_a_frame_that_spoils_its_group_spoils_nobody_elses(station: World, monkeypatch: pytest.MonkeyPatch) -> None:
    known = batch.read_upload

    def read_upload(data: str, *rest: object) -> object:
        if "a34004-Rtd=666" in data:
            raise ZeroDivisionError
        return known(data, *rest)

    monkeypatch.setattr(batch, "read_upload", read_upload)
    poison = sent(f"{AT};a34004-Rtd=666,a34004-Flag=N")
    outcomes = station.store(sent(), poison, sent(DATA, MN=MN, QN="20261123085500001"))
    assert [bool(outcome.answer) for outcome in outcomes] == [True, False, True]
    assert station.refused() == [(MN, "server_fault")]
    assert len(station.readings()) == 2


def test_while_the_database_is_away_nobody_is_answered(station: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("gone"))

    with monkeypatch.context() as patch:
        patch.setattr(intake, "take_in", away)
        assert station.store(sent(), sent()) == [FAILED, FAILED]
    assert station.counts() == {}
    assert station.answers(sent()) == [answered()]


def test_the_time_of_a_frame_is_the_deployments(station: World) -> None:
    station.store(sent())
    with station.app.database.transaction(write=False) as session:
        [at] = set(session.scalars(select(Reading.at)))
    assert at == datetime.fromisoformat("2026-11-23T08:55:00+08:00")
