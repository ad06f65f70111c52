"""Stations, keys and maintenance from the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backend.commands import maintenance, stations
from backend.core.edge import Application
from tests.backend.conftest import Caller
from tests.backend.stations import world
from tests.backend.stations.world import World, reading
from tests.backend.test_cli import Shell

Call = Callable[[str], Caller]
NINE_TO_TEN = ("--from", "2026-11-23T09:00", "--to", "2026-11-23T10:00+08:00", "--reason", "校准")


@pytest.fixture
def station(app: Application) -> World:
    return world.build(app)


@pytest.fixture
def xunge(station: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    """The commands, on the database of the stories."""
    for module in (stations, maintenance):
        monkeypatch.setattr(module, "opened", lambda **_: station.app)
    return Shell(monkeypatch, capsys, tmp_path)


def test_a_station_is_changed_and_retired(xunge: Shell) -> None:
    said = xunge("stations", "change", "M1", "--name", "新站", "--pollutant", "co", "--interval", "5", "--retired")
    assert said == (0, "changed M1: in_service, interval_minutes, name, pollutants\n", "")
    assert xunge("stations", "list")[1].splitlines() == [
        "M1\tmicro\t652301001001\tretired\t新站",
        "M2\tmicro\t652301001001\tin service\t红星微站",
    ]
    assert xunge("stations", "change", "M7", "--name", "x")[0] == 2


def test_a_key_is_revoked(xunge: Shell, station: World) -> None:
    key_id, state, codes, name = xunge("stations", "keys")[1].strip().split("\t")
    assert (state, codes, name) == ("valid", "M1", "vendor")
    assert xunge("stations", "revoke", key_id)[1] == f"revoked {key_id}\n"
    assert station.send(reading()).json["code"] == "station_key_invalid"
    assert "\trevoked\t" in xunge("stations", "keys")[1]
    assert xunge("stations", "revoke", str(station.station_id))[0] == 2


def test_maintenance_is_planned_moved_and_lifted(xunge: Shell, call: Call) -> None:
    code, out, _ = xunge("maintenance", "plan", "M1", *NINE_TO_TEN)
    window = out.split()[1]
    assert code == 0
    assert [item["reason"] for item in call("Ding").get("/maintenance").json["items"]] == ["校准"]
    code, _, err = xunge("maintenance", "plan", "M1", *NINE_TO_TEN)
    assert (code, err) == (2, "xunge: This station has maintenance planned in that time already.\n")
    later = ("--from", "2026-11-23T10:00", "--to", "2026-11-23T11:00", "--reason", "换泵")
    assert xunge("maintenance", "change", window, *later)[0] == 0
    listed = f"{window}\tM1\t2026-11-23T10:00:00+08:00\t2026-11-23T11:00:00+08:00\t换泵\n"
    assert xunge("maintenance", "list")[1] == xunge("maintenance", "list", "M1")[1] == listed
    assert xunge("maintenance", "list", "M2")[1] == ""
    assert xunge("maintenance", "lift", window)[0] == 0
    assert xunge("maintenance", "list")[1] == ""
    assert xunge("maintenance", "lift", window)[0] == 2


@pytest.mark.parametrize("span", [("2026-11-23T10:00", "2026-11-23T10:00"), ("yesterday", "2026-11-23T10:00")])
def test_what_is_no_span(xunge: Shell, span: tuple[str, str]) -> None:
    code, _, err = xunge("maintenance", "plan", "M1", "--from", span[0], "--to", span[1], "--reason", "x")
    assert (code, bool(err)) == (2, True)
