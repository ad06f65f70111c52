"""Replaying the past: the same rules as on the day, counted, and nothing changed."""

import csv
import dataclasses
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from backend.anomalies.chart import chart
from backend.anomalies.models import Episode
from backend.anomalies.replay import Place, Replay, Told
from backend.anomalies.tally import Tally
from backend.commands import alarms
from backend.core import clock
from backend.policy import service
from backend.policy.anomalies import AnomalyPolicy
from tests.backend.anomalies.conftest import Sky
from tests.backend.cast import MONDAY
from tests.backend.stations.world import reading
from tests.backend.test_cli import Shell

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHANGJI = service.load("changji", SHANGHAI).versions[0].alarms.anomalies
NOON = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)
M1 = Place("M1", "micro", 87.05, 44.05)
NEAR = [Place(f"N{number}", "micro", 87.05 + number / 100, 44.05) for number in (1, 2, 3)]


def told(*values: float, minutes: float = 30, station: str = "M1") -> list[Told]:
    return [
        Told(station, "pm25", NOON + timedelta(minutes=minutes * place), value) for place, value in enumerate(values)
    ]


def begun(
    readings: list[Told], policy: AnomalyPolicy = CHANGJI, places: list[Place] | None = None
) -> list[tuple[str, str]]:
    return [(one.station, one.finding.kind) for one in Replay(policy, places or [M1]).run(readings)]


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ((149, 150, 300, 149), ["over_limit"]),
        ((150, 119, 119, 150), ["over_limit"]),
        ((150, 119, 119, 119, 150), ["over_limit", "over_limit"]),
        ((150, 119, 119, -50, 150), ["over_limit", "negative"]),
        ((40, 40.5, 41, 41.5, 118), ["sudden_rise"]),
        ((1500,), ["out_of_range"]),
    ],
)
def test_episodes_begin_and_end_as_on_the_day(values: tuple[float, ...], kinds: list[str]) -> None:
    assert [kind for _, kind in begun(told(*values))] == kinds


def test_silence_shows_when_it_is_over() -> None:
    later = [dataclasses.replace(one, at=one.at + timedelta(hours=5)) for one in told(30, 31, 32)]
    assert begun([*told(30), *later]) == [("M1", "offline")]


@pytest.mark.parametrize(("hours", "kinds"), [(2.9, ["over_limit"]), (3, ["over_limit", "offline", "over_limit"])])
def test_after_hours_without_a_value_the_next_high_one_is_another_episode(hours: float, kinds: list[str]) -> None:
    assert [kind for _, kind in begun(told(200, 200, minutes=hours * 60))] == kinds


def test_stations_of_one_instant_know_each_other() -> None:
    around = [Told(place.code, "pm25", NOON, 40.0 + number) for number, place in enumerate(NEAR)]
    assert begun([*told(110), *around], places=[M1, *NEAR]) == [("M1", "away_from_neighbours")]
    assert begun([*told(110), *around[:2]], places=[M1, *NEAR]) == []


def test_what_lasts_is_found_once() -> None:
    assert begun(told(*[37.0] * 10, minutes=60)) == [("M1", "constant")]
    assert begun(told(*(116.0 + hour for hour in range(14)), minutes=60)) == [("M1", "persistently_high")]


def test_rules_that_are_switched_off_are_replayed_too() -> None:
    off = dataclasses.replace(CHANGJI.usual, over_limit=dataclasses.replace(CHANGJI.usual.over_limit, on=False))
    assert begun(told(200), dataclasses.replace(CHANGJI, usual=off)) == [("M1", "over_limit")]


def test_what_joins_an_alarm_is_counted_as_an_episode_only() -> None:
    readings = told(40, 40.5, 41, 41.5, 200)
    for per, own in (("station", [True, False]), ("kind", [True, True])):
        policy = dataclasses.replace(CHANGJI, one_alarm_per=per)
        assert [one.alarm for one in Replay(policy, [M1]).run(readings)] == own


def test_memory_does_not_grow_with_history() -> None:
    def minutes(days: int) -> Iterator[Told]:
        for minute in range(days * 24 * 60):
            yield Told("M1", "pm25", NOON + timedelta(minutes=minute), 30.0 + minute % 7)

    peaks = []
    for days in (5, 20):
        tracemalloc.start()
        for _ in Replay(CHANGJI, [M1]).run(minutes(days)):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2


def test_a_replay_finds_what_was_found_on_the_day(sky: Sky, xunge: Shell, tmp_path: Path) -> None:
    for hour in range(30):
        readings = [
            reading(value, station=station, at=clock.now().isoformat())
            for station, value in (
                ("M1", 40 + hour % 5 if hour not in (6, 7, 20) else 260),
                ("N1", 42 + hour % 3),
                ("N2", 45 + hour % 4 if hour < 12 else 45.5),
                ("N3", 38 + hour % 2 if hour != 9 else -40),
            )
        ]
        sky.send(*readings)
        sky.judge_hours()
        sky.end_quiet()
        sky.hand.move(hours=1)
    live = Counter((episode.kind, episode.began_at) for episode in sky.episodes())
    assert {kind for kind, _ in live} == {"over_limit", "sudden_rise", "away_from_neighbours", "constant", "negative"}
    for neighbour in ("N1", "N2"):  # moved out of reach since
        sky.move(neighbour, (87.05, 45.05))
    table, plot = tmp_path / "days.csv", tmp_path / "days.svg"
    code, out, _ = xunge(
        "alarms", "replay", "--from", "2026-11-23", "--to", "2026-11-24", "--csv", str(table), "--plot", str(plot)
    )
    assert code == 0
    with table.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    replayed = Counter[tuple[str, str]]()
    for row in rows:
        replayed[row["kind"], row["day"]] += int(row["episodes"])
    assert replayed == Counter((kind, str(at.astimezone(SHANGHAI).date())) for kind, at in live.elements())
    assert "over_limit 超标" in out
    assert ElementTree.parse(plot).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    with sky.app.database.transaction(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Episode)) == sum(live.values())


@pytest.fixture
def xunge(sky: Sky, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    monkeypatch.setattr(alarms, "opened", lambda **_: sky.app)
    return Shell(monkeypatch, capsys, tmp_path)


def test_thresholds_are_tried_from_a_file_and_for_one_station(sky: Sky, xunge: Shell, tmp_path: Path) -> None:
    sky.measure(100)
    sky.measure(100, "N1")
    stricter = (service.FILES / "changji.toml").read_text(encoding="utf-8").replace("pm25 = 150, ", "pm25 = 90, ", 1)
    (tmp_path / "stricter.toml").write_text(stricter, encoding="utf-8")
    days = ("--from", "2026-11-23", "--to", "2026-11-23")
    table = tmp_path / "days.csv"
    xunge("alarms", "replay", *days, "--csv", str(table))
    assert table.read_text() == "day,station,kind,episodes,alarms\n"
    xunge(
        "alarms", "replay", *days, "--csv", str(table), "--policy", str(tmp_path / "stricter.toml"), "--station", "N1"
    )
    assert table.read_text() == "day,station,kind,episodes,alarms\n2026-11-23,N1,over_limit,1,1\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--from", "2026-11-23", "--to", "2026-11-22"), "must not be before --from"),
        (("--from", "2026-11-23", "--to", "2026-11-23", "--station", "X9"), "no station in service: X9"),
        (("--from", "0001-01-01", "--to", "2026-11-23"), "'--from': must lie between the years 1900 and 9000"),
        (("--from", "2026-11-23", "--to", "9999-12-31"), "'--to': must lie between the years 1900 and 9000"),
        (("--from", "yesterday", "--to", "2026-11-23"), "does not match the format"),
    ],
)
def test_what_cannot_be_replayed_is_told(xunge: Shell, given: tuple[str, ...], said: str) -> None:
    code, _, err = xunge("alarms", "replay", *given)
    assert code == 2
    assert said in err


def test_a_drawing_of_no_days_with_anything_is_a_drawing() -> None:
    tally = Tally(date(2026, 1, 1), date(2026, 1, 31), SHANGHAI)
    root = ElementTree.fromstring(chart(tally, "一月 <&>"))
    assert any("一月 <&>" in (text.text or "") for text in root.iter())


def test_days_are_local() -> None:
    late = MONDAY.replace(hour=15, minute=59)  # one minute to midnight in Changji
    tally = Tally(date(2026, 11, 23), date(2026, 11, 23), SHANGHAI)
    tally.count(Replay(CHANGJI, [M1]).run([Told("M1", "pm25", late, 200.0)]))
    tally.count(Replay(CHANGJI, [M1]).run([Told("M1", "pm25", late + timedelta(minutes=2), 200.0)]))
    assert list(tally.rows()) == [("M1", "over_limit", 1, 1, 1.0, 1)]
