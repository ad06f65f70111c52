"""`xunge readings import`: history from a file, line by line, as often as one likes."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from backend.alarms.models import Alarm
from backend.commands import readings
from backend.core.edge import Application
from backend.stations import files
from backend.stations.models import Contact, Hour, QuarantinedReading, Reading
from tests.backend.stations import world
from tests.backend.stations.world import World
from tests.backend.test_cli import Shell

CHINESE = "站点,监测时间,因子,浓度,单位,备注\n"
ENGLISH = "unit,value,pollutant,time,station\n"
GOOD = "M1,2026/11/20 9:05,PM2.5,35,µg/m3,\nM2,2026-11-20 09:05:00,二氧化硫,0.5,mg/m³,晴\n"

Bring = Callable[..., tuple[int, str, str]]


@pytest.fixture
def station(app: Application) -> World:
    return world.build(app)


@pytest.fixture
def bring(station: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Bring:
    """`bring(text)` imports a file with this text."""
    monkeypatch.setattr(readings, "opened", lambda **_: station.app)
    xunge, file = Shell(monkeypatch, capsys, tmp_path), tmp_path / "history.csv"

    def do(text: str | bytes, *options: str, encoding: str = "utf-8") -> tuple[int, str, str]:
        file.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        code, out, err = xunge("readings", "import", str(file), *options)
        return code, out.splitlines()[-1] if out else "", err

    return do


def stored(app: Application) -> list[tuple[str, float, str, str, bool]]:
    with app.database.transaction(write=False) as session:
        rows = session.scalars(select(Reading).order_by(Reading.pollutant, Reading.at))
        return [(row.pollutant, row.value, row.unit, row.at.isoformat(), row.backfilled) for row in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_in_chinese(station: World, bring: Bring, encoding: str) -> None:
    assert bring(CHINESE + GOOD, encoding=encoding) == (0, "stored: 2", "")
    assert stored(station.app) == [
        ("pm25", 35.0, "ug/m3", "2026-11-20T01:05:00+00:00", True),
        ("so2", 500.0, "ug/m3", "2026-11-20T01:05:00+00:00", True),
    ]
    assert bring(CHINESE + GOOD, encoding=encoding) == (0, "duplicate: 2", "")
    with station.app.database.transaction(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Alarm)) == 0  # 500 is the limit of SO2
        assert session.scalar(select(func.sum(Hour.count))) == 2


def test_a_file_in_english_with_offsets(station: World, bring: Bring) -> None:
    assert bring(f"{ENGLISH}mg/m3,0.8,co,2026-11-20T09:05:00Z,M1\n")[1] == "stored: 1"
    assert stored(station.app) == [("co", 0.8, "mg/m3", "2026-11-20T09:05:00+00:00", True)]


def test_a_file_is_no_sign_of_life(station: World, bring: Bring) -> None:
    """Whoever imports history does not make a station speak: it would be offline three hours later, or never."""
    assert bring(CHINESE + GOOD)[1] == "stored: 2"
    with station.app.database.transaction(write=False) as session:
        assert session.scalars(select(Contact)).all() == []


def test_every_line_is_answered(station: World, bring: Bring, tmp_path: Path) -> None:
    bad = (
        'M1,2026-11-20 09:05,PM2.5,36,ug/m3,"two\nlines"\n'
        "M3,2026-11-20 09:05,PM2.5,35,ug/m3\n"
        "\n"
        "M1,20 November,PM2.5,35,ug/m3\n"
        "M1,2026-11-20 10:05,PM2.5,NaN,ug/m3\n"
        "M1,2026-11-20 10:05,PM2.5,1e308,ug/m3\n"
        "M1,2026-11-20 10:05,PM2.5,35,ppm\n"
        "M1\n"
    )
    results = tmp_path / "results.csv"
    said = bring(CHINESE + GOOD + bad, "--results", str(results))[1]
    assert said.startswith("conflict other_value: 1, quarantined bad_pollutant: 1, quarantined bad_time: 1, ")
    rows = list(csv.reader(results.read_text("utf-8-sig").splitlines()))
    assert rows == [
        ["line", "status", "code"],
        ["2", "stored", ""],
        ["3", "stored", ""],
        ["5", "conflict", "other_value"],
        ["6", "quarantined", "unknown_station"],
        ["8", "quarantined", "bad_time"],
        ["9", "quarantined", "bad_value"],
        ["10", "quarantined", "out_of_range"],
        ["11", "quarantined", "wrong_unit"],
        ["12", "quarantined", "bad_pollutant"],
    ]
    with station.app.database.transaction(write=False) as session:
        kept = session.scalars(select(QuarantinedReading).where(QuarantinedReading.code == "bad_value")).one()
        assert (kept.source, kept.key_id, '"NaN"' in kept.body) == ("file history.csv", None, True)
    assert bring(CHINESE + GOOD, "--results", str(results))[0] == 2  # results are never written over others


@pytest.mark.parametrize("said", ["1_000", "0x23", "1,000", "inf", "1e999", "-", "."])
def test_only_what_instruments_write_is_a_number(station: World, bring: Bring, said: str) -> None:
    """Python would read "1_000" as a thousand."""
    line = f'M1,2026-11-20 09:05,PM2.5,"{said}",ug/m3,\n'
    assert bring(CHINESE + line)[1] == "quarantined bad_value: 1"
    assert stored(station.app) == []


@pytest.mark.parametrize(
    ("said", "value"), [("35", 35.0), ("+35.5", 35.5), ("-3", -3.0), (".5", 0.5), ("3.5E+1", 35.0), ("３５", 35.0)]
)
def test_numbers_as_instruments_write_them(station: World, bring: Bring, said: str, value: float) -> None:
    assert bring(f"{CHINESE}M1,2026-11-20 09:05,PM2.5,{said},ug/m3,\n")[1] == "stored: 1"
    assert [row[1] for row in stored(station.app)] == [value]


def test_a_dry_run_stores_nothing(station: World, bring: Bring, tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    said = bring(f"{CHINESE}{GOOD}M3,x,,,\n", "--dry-run", "--results", str(results))
    assert said == (0, "would be quarantined bad_pollutant: 1, stored: 2", "")
    assert len(results.read_text("utf-8-sig").splitlines()) == 4
    assert stored(station.app) == []
    with station.app.database.transaction(write=False) as session:
        assert session.scalar(select(func.count()).select_from(QuarantinedReading)) == 0


def test_what_is_interrupted_is_taken_up_again(station: World, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the third batch: two stand, and the same file again brings the rest."""
    monkeypatch.setattr(readings, "AT_ONCE", 2)
    lines = "".join(f"M1,2026-11-20 09:{minute:02},PM2.5,35,ug/m3\n" for minute in range(5))
    code, _, err = bring(CHINESE + lines + 'M1,2026-11-20 09:59,PM2.5,"' + "x" * 200_000)
    assert (code, "line 7" in err, "stored: 4" in err) == (2, True, True)
    assert len(stored(station.app)) == 4
    assert bring(CHINESE + lines)[1] == "duplicate: 4, stored: 1"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no column station"),
        (CHINESE.replace("单位", "量纲").encode(), "no column unit (unit, 单位)"),
        (CHINESE.replace("备注", "单位").encode(), "two columns unit"),
        (b"\x89PNG\r\n\x1a\n\xff\xff", "neither UTF-8 nor GB18030"),
        (CHINESE.encode() + b"x" * 150_000, "line 2 is longer"),
    ],
)
def test_what_is_no_such_file(bring: Bring, content: bytes, said: str) -> None:
    code, _, err = bring(content)
    assert (code, said in err) == (2, True), err


def test_memory_does_not_grow_with_a_line(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    file.write_bytes(b"x" * 10_000_000)
    with file.open("rb") as content, pytest.raises(files.BadReadingsFile, match="line 1 is longer"):
        list(files.batches(content, "utf-8-sig", files.ZoneInfo("Asia/Shanghai"), 10))
    assert files.LONGEST_LINE < 1_000_000
