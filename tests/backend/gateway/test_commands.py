"""Telling the gateway from the command line which stations may send."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from backend.commands import gateway
from backend.core.edge import Application
from tests.backend.gateway.world import World
from tests.backend.hj212.packets import MN, sent
from tests.backend.stations import world as stations
from tests.backend.test_cli import Shell
from tests.ports import free_port


@pytest.fixture
def xunge(
    app: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Shell:
    monkeypatch.setattr(gateway, "opened", lambda **_: app)
    return Shell(monkeypatch, capsys, tmp_path)


def test_a_station_is_admitted_changed_and_closed(xunge: Shell, app: Application) -> None:
    station = World(app, stations.build(app))
    add = ("stations", "hj212", "add", "M1", "--mn", MN, "--password", "123456", "--units")
    assert xunge(*add, "milligram") == (0, f"{MN} sends for M1, realtime in milligram units\n", "")
    assert station.answers(sent()) != [b""]
    xunge("stations", "hj212", "add", "M1", "--mn", MN, "--password", "654321", "--units", "air", "--series", "hour")
    assert station.answers(sent()) == [b""]
    assert station.answers(sent(PW="654321")) != [b""]
    assert xunge("stations", "hj212", "list")[1].split() == [MN, "M1", "air", "hour", "open"]
    assert xunge("stations", "hj212", "close", MN) == (0, f"{MN} is closed\n", "")
    assert station.answers(sent(PW="654321")) == [b""]
    assert xunge("stations", "hj212", "list")[1].split()[-1] == "closed"


def test_what_cannot_be_admitted(xunge: Shell) -> None:
    wanted = ("--mn", MN, "--password", "1", "--units", "air")
    assert xunge("stations", "hj212", "add", "M9", *wanted) == (2, "", "xunge: no station M9\n")
    assert xunge("stations", "hj212", "close", "X") == (2, "", "xunge: no station sends as X\n")
    code, _, err = xunge("stations", "hj212", "add", "M1", "--mn", MN, "--password", "1")
    assert (code, "--units" in err) == (2, True)


def test_an_mn_never_moves_to_another_station_by_itself(xunge: Shell, app: Application) -> None:
    stations.build(app)
    said = ("--mn", MN, "--password", "1", "--units", "air")
    xunge("stations", "hj212", "add", "M1", *said)
    code, _, err = xunge("stations", "hj212", "add", "M2", *said)
    assert (code, f"{MN} sends for M1 already" in err) == (2, True)
    xunge("stations", "hj212", "close", MN)
    assert xunge("stations", "hj212", "add", "M2", *said)[0] == 0
    assert xunge("stations", "hj212", "list")[1].split()[1] == "M2"


def test_an_mn_that_no_frame_can_have_is_refused(xunge: Shell, app: Application) -> None:
    stations.build(app)
    for mn, password in (("with space", "1"), ("X" * 33, "1"), (MN, "a;b"), (MN, "x" * 33)):
        code, _, err = xunge("stations", "hj212", "add", "M1", "--mn", mn, "--password", password, "--units", "air")
        assert (code, err.count("\n")) == (2, 1)


@pytest.mark.parametrize("setting", ["gateway_port", "gateway_metrics_port"])
def test_a_port_in_use(xunge: Shell, app: Application, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        app.settings = replace(app.settings, gateway_port=free_port())
        app.settings = replace(app.settings, **{setting: port})
        code, _, err = xunge("gateway")
    said = f"xunge: cannot listen on 127.0.0.1:{port}: Address already in use; set XUNGE_{setting.upper()}\n"
    assert (code, err.replace("XUNGE_GATEWAY_HOST or ", "")) == (2, said)
