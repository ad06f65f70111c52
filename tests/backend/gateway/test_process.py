"""`xunge gateway` as anybody would start it: a whole conversation, and what it leaves when it dies at a bad moment."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from backend.core import clock
from backend.core.settings import Settings
from backend.hj212.segment import read
from tests.backend.gateway.world import PATIENCE_S, Line, World
from tests.backend.hj212.packets import MN, segment, sent
from tests.ports import free_port

GATEWAY = "import sys; from backend.cli import main; sys.argv = ['xunge', 'gateway']; main()"
DIES_BEFORE_THE_COMMIT = """
import os
from backend.gateway import batch
store = batch.store
batch.store = lambda *group: (store(*group), os._exit(9))
"""
DIES_BEFORE_THE_ANSWER = """
import os
from backend.gateway.connections import Connection
Connection.settle = lambda *_: os._exit(9)
"""


class Process:
    """A gateway of its own, with the machine's clock."""

    def __init__(self, settings: Settings, script: str) -> None:
        self.port = free_port()
        environment = {
            "XUNGE_DATA": str(settings.data),
            "XUNGE_DATABASE_URL": settings.database_url,
            "XUNGE_GATEWAY_PORT": str(self.port),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", script], env=os.environ | environment, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == f"xunge takes HJ 212 on 127.0.0.1:{self.port}\n"

    def call(self) -> Line:
        return Line(self.port)

    def ends(self) -> int:
        """Waits for its end; returns the exit code."""
        code = self._process.wait(PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def is_told_to_end(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self.ends()


@contextmanager
def started(settings: Settings, script: str = GATEWAY) -> Iterator[Process]:
    process = Process(settings, script)
    try:
        yield process
    finally:
        process._process.kill()
        process.ends()


def values(at: datetime, pm25: int) -> str:
    return f"DataTime={at:%Y%m%d%H%M%S};a34004-Rtd={pm25},a34004-Flag=N"


@pytest.fixture
def minute() -> datetime:
    """The minute that is over, by the machine's clock and the deployment's zone."""
    now = clock.machine().astimezone(ZoneInfo("Asia/Shanghai"))
    return now.replace(second=0, microsecond=0) - timedelta(minutes=1)


def said(line: Line) -> tuple[str, str]:
    """(CN, QN) of the next answer."""
    heard = read(line.hear()[6:-4])
    return heard.cn, heard.qn


def number(digit: int) -> str:
    return f"2026112308550000{digit}"


def test_a_conversation(station: World, settings: Settings, minute: datetime) -> None:
    frames = [sent(values(minute - timedelta(minutes=each), 10 + each), QN=number(each)) for each in range(6)]
    with started(settings) as gateway:
        line = gateway.call()
        line.send(frames[0])
        assert said(line) == ("9014", number(0))
        line.send(frames[1][:17], frames[1][17:90], frames[1][90:])
        assert said(line) == ("9014", number(1))
        line.send(frames[2] + frames[3])
        assert [said(line), said(line)] == [("9014", number(2)), ("9014", number(3))]
        line.send(frames[4].replace(b"-Rtd=14", b"-Rtd=99") + b"##12junk\r\n" + frames[5])
        assert said(line) == ("9014", number(5))
        line.send(sent("RF=1;" + values(minute - timedelta(minutes=9), 600), QN=number(6)))
        assert said(line) == ("9014", number(6))
        first, second = values(minute - timedelta(minutes=8), 18).split(";")
        parts = {"Flag": 7, "PNUM": 2, "QN": number(7)}
        line.send(sent(first, **parts, PNO=1))
        assert said(line) == ("9014", number(7))
        line.send(sent(second, **parts, PNO=2))
        assert said(line) == ("9014", number(7))
        stranger = gateway.call()
        stranger.send(sent(values(minute, 1), PW="654321") + sent(values(minute, 2), MN="NOBODY01"))
        line.send(sent("", CN=1013, QN=number(8)))
        assert said(line) == ("9013", number(8))
        order = read(line.hear()[6:-4])
        assert (order.cn, order.data[:11]) == ("1012", "SystemTime=")
        assert gateway.is_told_to_end() == 0
        assert line.is_closed()
        assert stranger.is_closed()
        line.close()
        stranger.close()
    live, late = {10.0, 11.0, 12.0, 13.0, 15.0, 18.0}, {600.0}
    assert {value for _, value, _, backfilled in station.readings() if not backfilled} == live
    assert {value for _, value, _, backfilled in station.readings() if backfilled} == late
    assert station.refused() == [
        ("", "unknown_station"),
        (MN, "bad_crc"),
        (MN, "garbage"),
        (MN, "wrong_password"),
    ]


@pytest.mark.only_on("sqlite")
def test_a_frame_waits_while_the_server_writes(station: World, settings: Settings, minute: datetime) -> None:
    with started(settings) as gateway:
        line = gateway.call()
        with station.app.database.transaction() as session:
            session.execute(text("SELECT 1"))  # holds the writer's lock from here on
            line.send(sent(values(minute, 35)))
            assert station.readings() == []
        assert said(line)[0] == "9014"
        line.close()
    assert len(station.readings()) == 1


@pytest.mark.parametrize(("script", "stored"), [(DIES_BEFORE_THE_COMMIT, 0), (DIES_BEFORE_THE_ANSWER, 1)])
def test_who_was_not_answered_sends_again_and_it_counts_once(
    station: World, settings: Settings, minute: datetime, script: str, stored: int
) -> None:
    frame = sent(values(minute, 35))
    with started(settings, script + GATEWAY) as dying:
        line = dying.call()
        line.send(frame)
        with pytest.raises((EOFError, ConnectionResetError)):
            line.hear()
        line.close()
        assert dying.ends() == 9
    assert len(station.readings()) == stored
    with started(settings) as gateway:
        line = gateway.call()
        line.send(frame)
        assert said(line) == ("9014", read(segment().encode()).qn)
        line.close()
    assert station.readings() == [("pm25", 35.0, "ug/m3", False)]
    assert station.refused() == []
