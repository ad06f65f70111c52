"""`xunge rota import`: all of a file or nothing of it, and the gaps that are left."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backend.commands import rota as command
from backend.core.edge import Application
from backend.rota import service
from tests.backend.cast import COUNTY_A, MONDAY, Member
from tests.backend.test_cli import Shell

HEAD = "county,phone,begins_at,ends_at,note\n"
Bring = Callable[[str], tuple[int, str, str]]


@pytest.fixture
def bring(
    app: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Bring:
    """`bring(text)` imports a file with this text."""
    monkeypatch.setattr(command, "opened", lambda **_: app)
    xunge = Shell(monkeypatch, capsys, tmp_path)

    def do(text: str) -> tuple[int, str, str]:
        (tmp_path / "rota.csv").write_text(text, "utf-8-sig")
        return xunge("rota", "import", str(tmp_path / "rota.csv"))

    return do


def turns(app: Application) -> list[tuple[str, str, str]]:
    with app.app_context(), app.database.transaction(write=False) as session:
        found = service.turns(session, COUNTY_A, MONDAY, MONDAY.replace(day=30), MONDAY)
        return [(turn.person.name, turn.begins_at.isoformat(), turn.note) for turn in found]


def test_turns_from_a_file_once(bring: Bring, app: Application, cast: dict[str, Member]) -> None:
    phone = cast["Ding"].phone
    text = (
        HEAD
        + f"652301,{phone},2026-11-23 08:00,2026-11-24 08:00,白班\n"
        + f"652301,{phone},2026-11-24T09:00:00+08:00,2026-12-01 08:00,\n"
    )
    code, out, err = bring(text)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "added 2 of 2 turns",
        "652301 has nobody from 2026-11-24 08:00 to 2026-11-24 09:00",
    ]
    assert turns(app) == [("Ding", "2026-11-23T00:00:00+00:00", "白班"), ("Ding", "2026-11-24T01:00:00+00:00", "")]
    assert bring(text)[1].startswith("added 0 of 2 turns")
    assert len(turns(app)) == 2


def test_a_file_with_faults_brings_nothing_and_names_each_line(
    bring: Bring, app: Application, cast: dict[str, Member]
) -> None:
    ding, aygul = cast["Ding"].phone, cast["Aygul"].phone
    good = f"652301,{ding},2026-11-23 08:00,2026-11-24 08:00,\n"
    code, _, err = bring(HEAD + good + f"652301,{ding},tomorrow,2026-11-24 08:00,\n652301,{ding},,,\n")
    assert code == 2
    assert "line 3: begins_at is tomorrow; say it as 2026-11-23 08:00" in err
    assert "line 4: begins_at, ends_at is empty" in err
    code, _, err = bring(
        HEAD
        + good
        + f"652301,{aygul},2026-11-23 08:00,2026-11-24 08:00,\n"
        + "652301,13999999999,2026-11-23 08:00,2026-11-24 08:00,\n"
        + f"652999,{ding},2026-11-23 08:00,2026-11-24 08:00,\n"
        + f"652301,{ding},2025-11-23 08:00,2025-11-24 08:00,\n"
    )
    assert code == 2
    for said in ("line 3: Who is on duty must hold", "line 4: nobody has", "line 5: There is nothing", "line 6: This"):
        assert said in err
    assert turns(app) == []
    assert "has no column phone" in bring("county,begins_at,ends_at\n")[2]
