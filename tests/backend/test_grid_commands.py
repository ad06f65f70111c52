"""`xunge grids`: a file is checked and drawn, snapped, published."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely

from backend.core.edge import application
from backend.gis import files as gis_files
from backend.grids import files, publishing, reading
from backend.grids.publishing import prepare
from backend.grids.states import GridState
from geo import gis_writing
from tests.backend.grids.changes import A2, MOVED, village_moved, villages_merged
from tests.backend.grids.changes import drawn as as_drawn
from tests.backend.grids.story import KEY, states
from tests.backend.test_cli import Shell

A1 = "652301001001"
DECLARED = ("--crs", "WGS84")


@pytest.fixture
def xunge(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    shell = Shell(monkeypatch, capsys, tmp_path / "data")
    shell("db", "upgrade")
    return shell


def file(folder: Path, drawn: list[GridState]) -> str:
    path = folder / "drawn.geojson"
    path.write_bytes(files.redrawn(drawn))
    return str(path)


def alone(*given: Any) -> publishing.Prepared:
    """What takes seconds is done without a connection to the database."""
    assert application().database.engine.pool.checkedout() == 0
    return prepare(*given)


def with_village(shape: shapely.Geometry) -> list[GridState]:
    return [replace(state, geometry=shape) if state.code == A1 else state for state in states()]


def test_a_file_is_checked_and_published_and_the_next_one_drawn_upon_it(xunge: Shell, tmp_path: Path) -> None:
    sent = file(tmp_path, states())
    code, out, _ = xunge("grids", "check", sent, *DECLARED)
    assert (code, out.splitlines()[-1]) == (0, f"{len(states())} grids can be published")
    with patch.object(publishing, "prepare", side_effect=alone) as prepared:
        assert xunge("grids", "import", sent, *DECLARED)[0] == 0
        prepared.assert_called_once()
    code, out, _ = xunge("grids", "check", sent, "--crs", "GCJ02")
    assert code == 1
    assert "WGS84" in out
    assert xunge("grids", "import", sent, "--crs", "GCJ02")[0] == 1
    hole = with_village(shapely.box(87.0, 44.0, 87.09, 44.1))
    picture = tmp_path / "found.svg"
    code, out, _ = xunge("grids", "check", file(tmp_path, hole), *DECLARED, "--picture", str(picture))
    assert code == 1
    assert "652301001" in out
    assert "不属于任何下级网格" in "".join(ElementTree.parse(picture).getroot().itertext())


def test_a_file_of_one_kind_leaves_the_other_kind_and_what_would_vanish_is_told_first(
    xunge: Shell, tmp_path: Path
) -> None:
    xunge("grids", "import", file(tmp_path, states()), *DECLARED)
    tiers = [state for state in villages_merged() if not state.is_key]
    code, out, _ = xunge("grids", "import", file(tmp_path, tiers), *DECLARED)
    [vanished, published] = out.splitlines()
    assert (code, vanished.split(": ")[:2]) == (0, ["warning", A2])
    assert published == f"published {len(tiers)} grids as revision 2"
    exported = tmp_path / "now.geojson"
    xunge("grids", "export", str(exported))
    assert {state.code for state in reading.read(exported, "WGS84").states} == {*(each.code for each in tiers), "KG01"}
    code, out, _ = xunge("grids", "check", file(tmp_path, [KEY]), *DECLARED)
    assert (code, out) == (0, "1 grids can be published\n")
    gone = [state for state in tiers if not state.code.startswith("652302")]
    code, out, _ = xunge("grids", "import", file(tmp_path, gone), *DECLARED)
    assert (code, "published" in out) == (1, False)


def test_what_is_in_force_is_exported_and_a_file_is_replaced_when_the_new_one_is_whole(
    xunge: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, target = states(), tmp_path / "out" / "grids.gpkg"
    target.parent.mkdir()
    target.write_bytes(b"of yesterday")
    xunge("grids", "import", file(tmp_path, drawn), *DECLARED)
    with monkeypatch.context() as broken_disk:
        broken_disk.setattr(gis_files, "AT_ONCE", 3)
        broken_disk.setattr(gis_writing, "_put_by", broken := Mock(side_effect=[None, OSError(28, "no space left")]))
        assert xunge("grids", "export", str(target))[0] == 2
    assert (broken.call_count, target.read_bytes()) == (2, b"of yesterday")
    assert xunge("grids", "export", str(target))[:2] == (0, f"grids: {len(drawn)}/{len(drawn)}\nwritten: {target}\n")
    assert {state.code for state in reading.read(target, "WGS84").states} == {state.code for state in drawn}
    assert [each.name for each in target.parent.iterdir()] == [target.name]


def test_noise_is_snapped_when_asked_and_faults_are_not(xunge: Shell, tmp_path: Path) -> None:
    noise = shapely.Polygon(np.array([(87, 44), (87.1 + 1e-8, 44), (87.1 + 1e-8, 44.1), (87, 44.1)]))
    target = tmp_path / "snapped.geojson"
    sent = file(tmp_path, with_village(noise))
    code, out, _ = xunge("grids", "snap", sent, str(target), *DECLARED)
    assert (code, out) == (0, f"written: {target}\n")
    again = {state.code: state for state in reading.read(target, "WGS84").states}
    assert again.keys() == {state.code for state in states()}
    assert again["KG01"].geometry.equals(next(state for state in states() if state.code == "KG01").geometry)
    code, out, _ = xunge("grids", "check", str(target), *DECLARED)
    assert (code, len(out.splitlines())) == (0, 1)
    moved = tmp_path / "moved.geojson"
    moved.write_bytes(as_drawn(village_moved()))
    assert xunge("grids", "snap", str(moved), str(target), *DECLARED)[0] == 0
    [heir] = [state for state in reading.read(target, "WGS84").states if state.code == MOVED]
    assert heir.predecessors == (A2,)
    gap = file(tmp_path, with_village(shapely.box(87.0, 44.0, 87.09, 44.1)))
    target.unlink()
    assert xunge("grids", "snap", gap, str(target), *DECLARED)[0] == 1
    assert not target.exists()
