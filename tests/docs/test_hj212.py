"""The page about HJ 212: its conversation is played, its tables are what the code does."""

import re
from pathlib import Path

import pytest

from backend.core import clock
from backend.core.edge import Application
from backend.core.settings import Settings
from backend.gateway import parts, quarantine
from backend.gateway.rules import Limits
from backend.hj212 import factors, framing, segment
from backend.hj212.commands import UPLOADS
from tests.backend.cast import MONDAY
from tests.backend.gateway import world
from tests.backend.gateway.world import running
from tests.backend.hj212.packets import sent
from tests.docs.pages import ROOT, Page

PAGE = Page(ROOT / "docs/hj212.md")
SOURCES = [path for folder in ("hj212", "gateway") for path in Path(ROOT / "backend" / folder).glob("*.py")]
REASON = re.compile(
    r'(?:Faulty\(|_refuse\([^"]*|[Rr]efused\([^"]*|Received\([^"]*|_reason = |reason: str = |return )"(\w+)"', re.S
)
NO_REASONS = {"stranger", "slow", "idle", "faulty", "ended", "shutdown"}
"""Why connections are closed, which is another matter."""


def test_the_conversation_is_what_a_gateway_says(app: Application) -> None:
    station = world.build(app)
    with running(app) as gateway:
        line = gateway.call()
        for said in (each for block in PAGE.blocks.values() for each in block.splitlines() if each[:2] in ("> ", "< ")):
            if said.startswith("> "):
                line.send(said[2:].encode() + b"\r\n")
            else:
                assert line.hear() == said[2:].encode()
        line.send(sent("", CN=9015, QN="20261123090100000"))
        assert b"QN=20261123090100000" in line.hear()  # nothing of what was refused was answered
    assert clock.now() == MONDAY
    assert station.readings() == [
        ("a01001", -12.5, "degC", False),
        ("pm10", 60.0, "ug/m3", False),
        ("pm10_hour", 55.0, "ug/m3", False),
        ("pm25", 400.0, "ug/m3", True),
        ("pm25", 35.0, "ug/m3", False),
        ("pm25_hour", 31.0, "ug/m3", False),
    ]
    assert sorted(reason for _, reason in station.refused()) == [
        "bad_crc",
        "garbage",
        "unknown_station",
        "wrong_password",
    ]


@pytest.mark.parametrize("row", PAGE.table("`--units`"), ids=lambda row: row[0])
def test_units(row: list[str]) -> None:
    units = row[0].strip("`")
    said = [factors.unit(name, units) for name in ("pm25", "so2", "co")]
    assert said == row[2:5]
    assert [factors.unit(name, units) for name in ("pm10", "a34001", "no2", "o3")] == [row[2], row[2], row[3], row[3]]
    assert {"ug/m3": 35.0, "mg/m3": 0.035, "ng/m3": 35000.0}[row[2]] == float(row[1])


def test_every_choice_of_units_and_series_is_described() -> None:
    assert PAGE.named("`--units`") == sorted(factors.UNITS)
    assert {row[0].strip("`"): (row[1].strip("`"), row[2].strip("`")) for row in PAGE.table("`CN`")} == {
        command: (series.name, series.fields[0]) for command, series in UPLOADS.items()
    }


def test_every_reason_is_explained_and_none_is_made_up() -> None:
    known = {reason for path in SOURCES for reason in REASON.findall(path.read_text("utf-8"))}
    assert set(PAGE.named("reason")) == known - NO_REASONS


def test_the_limits_are_the_codes(settings: Settings) -> None:
    limits = Limits()
    assert settings.gateway_connections == limits.connections
    assert [float(row[1]) for row in PAGE.table("what", "limit")] == [
        limits.connections,
        limits.stranger_s,
        limits.frame_s,
        limits.idle_s,
        limits.faults,
        framing.LONGEST,
        framing.MOST_HELD + framing.HEAD,
        limits.unanswered,
        limits.waiting_bytes,
        segment.MOST_PARTS,
        quarantine.PROVED_AN_HOUR,
        quarantine.OTHERS_AN_HOUR,
        quarantine.KEPT_BYTES,
        quarantine.STRANGERS_AN_HOUR,
        quarantine.KEPT_DAYS,
        quarantine.KEPT_AT_MOST,
    ]
    assert f"more than {parts.MOST_WAITING} parts" in PAGE.text
