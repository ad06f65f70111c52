"""docs/gis.md names every kind of finding, and its pictures are as they are drawn now."""

from geo import crs
from geo.findings import KINDS
from tests.docs import boundaries
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/gis.md").read_text(encoding="utf-8")


def test_every_kind_of_finding_is_explained_with_its_severity() -> None:
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]
    told = {kind.strip("| `"): row[1] for row in rows for kind in row[0].split(", ") if len(row) == 3}
    assert {kind: told.get(kind) for kind in KINDS} == {kind: severity for kind, (severity, *_) in KINDS.items()}


def test_every_system_that_may_be_declared_is_named() -> None:
    names = {name for name in crs.SYSTEMS if not name.startswith("EPSG")}
    assert all(f"`{name}`" in PAGE for name in (*names, "EPSG:4513", "EPSG:4533", "EPSG:4534", "EPSG:4554"))


def test_the_pictures_are_as_they_are_drawn_now() -> None:
    for name, drawn in (("findings", boundaries.findings_picture()), ("datum", boundaries.datum_picture())):
        assert (boundaries.PICTURES / f"{name}.svg").read_text(encoding="utf-8") == drawn


def test_the_picture_shows_what_it_says() -> None:
    drawn = boundaries.findings_picture()
    assert all(word in drawn for word in ("不属于任何下级网格"[:4], "重叠", "尖刺", "狭长碎片", "不见了"))
    assert "GCJ02" in boundaries.datum_picture()


def test_a_sentence_about_two_grids_is_told_to_its_end() -> None:
    assert "重叠 0.07 km² (43.7 m)。</text>" in boundaries.findings_picture()
