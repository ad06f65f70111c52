"""`xunge simulate` as people call it: exit 0, 1 and 2, and what they read."""

import json
import sys
from functools import partial
from pathlib import Path

import pytest

from backend import cli
from backend.commands import simulate as command
from backend.core import clock
from backend.simulate.ledger import Ledger
from backend.simulate.plan import Plan
from backend.simulate.run import Simulation
from tests.backend.phones import PhoneClock

CLOSED_PORT = "http://127.0.0.1:9"


class Robbed(Simulation):
    """Something is missing in the end."""

    def compare(self) -> Ledger:
        self.ledger.add("pictures", 1, 0, ["one of them [is] gone"])
        return super().compare()


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of `xunge simulate …`."""
    monkeypatch.setattr(sys, "argv", ["xunge", "simulate", "--photo-size", "10000", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(("kind", "code"), [(Simulation, 0), (Robbed, 1)])
def test_the_exit_code_says_whether_everything_is_there(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    plan: Plan,
    hand: clock.Frozen,
    kind: type[Simulation],
    code: int,
) -> None:
    timed = partial(kind, clock=lambda: PhoneClock(hand), sleep=lambda seconds: None)
    monkeypatch.setattr(command, "Simulation", timed)
    monkeypatch.setenv("COLUMNS", "160")
    given = ("--server", plan.server + "/", "--accounts", str(plan.accounts), "--phones", "2", "--reports", "2")
    assert run(monkeypatch, *given, "--chaos", "--seed", "5") == code
    told = capsys.readouterr().out
    lines = {line.split("│")[1].strip(): line for line in told.splitlines() if line.startswith("│")}
    assert [word.strip() for word in lines["problem.report"].split("│")[2:5]] == ["2", "2", "yes"]
    assert ("NO" in lines["pictures"]) == bool(code)
    assert ("pictures: one of them [is] gone" in told) == bool(code)
    assert ("The server holds exactly what the phones made" in told) == (not code)
    assert "--seed 5" in told


def test_a_server_that_does_not_answer_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    one = {"role": "supervisor", "name": "Aygul", "phone": "1", "password": "x", "grid": "1"}
    (tmp_path / "demo-accounts.json").write_text(json.dumps([one]))
    monkeypatch.setenv("XUNGE_DATA", str(tmp_path))
    assert run(monkeypatch, "--server", CLOSED_PORT) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"xunge: no server answers at {CLOSED_PORT}: ")


def test_missing_accounts_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("XUNGE_DATA", str(tmp_path))
    assert run(monkeypatch) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"xunge: no accounts at {tmp_path}/demo-accounts.json: ")


def test_accounts_of_another_server_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], plan: Plan, tmp_path: Path
) -> None:
    others = tmp_path / "others.json"
    others.write_text(plan.accounts.read_text().replace('"password": "', '"password": "not '))
    assert run(monkeypatch, "--server", plan.server, "--accounts", str(others), "--phones", "1") == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "(Aygul) cannot sign in: 401 credentials_wrong" in line
