"""Changes of boundaries from the command line."""

from pathlib import Path

import pytest

from backend.commands import revisions
from backend.core import clock
from backend.core.edge import Application
from backend.grids import service
from tests.backend.grids.changes import A2, MOVED, drawn, village_moved
from tests.backend.grids.story import states
from tests.backend.test_cli import Shell


@pytest.fixture
def xunge(
    app: Application,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    hand: clock.Frozen,
) -> Shell:
    """The commands, on the database of the stories."""
    monkeypatch.setattr(revisions, "opened", lambda **_: app)
    hand.move(minutes=10)
    return Shell(monkeypatch, capsys, tmp_path)


def exists(app: Application, code: str) -> bool:
    with app.database.transaction(write=False) as session:
        return code in {grid.code for grid in service.list_grids(session)}


def test_from_a_file_to_the_hour_of_its_revision(xunge: Shell, app: Application, tmp_path: Path) -> None:
    file = tmp_path / "moved.geojson"
    file.write_bytes(drawn(village_moved(), predecessors=False))
    code, out, _ = xunge("grids", "revisions", "send", str(file), "--crs", "WGS84")
    assert (code, f"proposed: {A2}={MOVED} (recode, 100% of the area)" in out) == (1, True)
    draft = out.splitlines()[-1].split()[1].rstrip(":")
    assert xunge("grids", "revisions", "publish", draft)[0] == 2
    assert xunge("grids", "revisions", "say", draft, f"{A2}={MOVED}")[0] == 0
    assert xunge("grids", "revisions", "preview", draft, str(tmp_path / "map.svg"))[0] == 0
    assert (tmp_path / "map.svg").read_text(encoding="utf-8").startswith("<svg")
    assert xunge("grids", "revisions", "publish", draft, "--from", "tomorrow")[0] == 2
    assert xunge("grids", "revisions", "publish", draft, "--from", "2026-12-01T00:00:00")[0] == 2
    code, out, _ = xunge("grids", "revisions", "publish", draft, "--from", "2026-12-01T00:00:00+08:00")
    assert (code, out) == (0, "revision 2, in force from 2026-11-30T16:00:00+00:00\n")
    assert exists(app, A2)
    assert "published as revision 2" in xunge("grids", "revisions", "list")[1]
    assert xunge("grids", "revisions", "withdraw", draft)[0] == 0
    assert xunge("grids", "revisions", "check", draft)[0] == 2


def test_at_once(xunge: Shell, app: Application, tmp_path: Path) -> None:
    file = tmp_path / "moved.geojson"
    file.write_bytes(drawn(village_moved()))
    code, out, _ = xunge("grids", "revisions", "send", str(file), "--crs", "WGS84", "--note", "2026")
    assert (code, out.splitlines()[-1].endswith(": 0 errors, 1 warnings")) == (0, True)
    assert xunge("grids", "revisions", "publish", out.splitlines()[-1].split()[1].rstrip(":"))[0] == 0
    assert (exists(app, A2), exists(app, MOVED)) == (False, True)


def test_a_county_alone(xunge: Shell, tmp_path: Path) -> None:
    file = tmp_path / "county.geojson"
    file.write_bytes(drawn([each for each in states(border=87.15) if each.code.startswith(("652301", "KG"))]))
    code, out, _ = xunge("grids", "revisions", "send", str(file), "--crs", "WGS84", "--county", "652301")
    assert (code, " 0 errors" in out) == (0, True)
