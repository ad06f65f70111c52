"""A border between two villages moves by 300 metres; a third is new; another lost its land."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from geo.comparing import Lying, changing, compare
from geo.local_plane import LocalPlane
from geo.units import Unit

METRE = 1 / LocalPlane(44.05).scale[0]  # in degrees of longitude
BORDER = 87.1 + 300 * METRE


def villages(border: float, east: float = 87.2) -> list[Unit]:
    return [
        Unit("p", 1, None, shapely.box(87.0, 44.0, east, 44.1)),
        Unit("a", 2, "p", shapely.box(87.0, 44.0, border, 44.1)),
        Unit("b", 2, "p", shapely.box(border, 44.0, east, 44.1)),
    ]


def test_nothing_changed() -> None:
    assert compare(villages(87.1), villages(87.1)) == []
    turned = [replace(unit, geometry=unit.geometry.reverse()) for unit in villages(87.1)]
    assert compare(villages(87.1), turned) == []


def test_a_border_that_moves() -> None:
    found = compare(villages(87.1), villages(BORDER))
    assert [(each.kind, each.codes, each.severity) for each in found] == [
        ("moved", ("a",), "info"),
        ("moved", ("b",), "info"),
    ]
    assert "300.0 m" in found[0].zh
    assert shapely.area(found[0].geometry) == pytest.approx(300 * METRE * 0.1, rel=1e-6)


def test_a_long_border_is_compared_by_its_neighbourhood(monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as the Hausdorff distance, of a ring with a hole and an island: a million take hours."""
    turns = np.linspace(0, 2 * np.pi, 3_000, endpoint=False)
    wavy = np.column_stack((87.1 + np.cos(turns) * (0.05 + 0.001 * np.sin(40 * turns)), 44 + 0.04 * np.sin(turns)))
    drawn = shapely.Polygon(wavy, [shapely.box(87.09, 43.99, 87.11, 44.01).exterior.coords])
    before = shapely.MultiPolygon([drawn, shapely.box(87.3, 44, 87.31, 44.01)])
    after = shapely.MultiPolygon([drawn, shapely.box(87.3, 44, 87.313, 44.01)])
    plane = LocalPlane.around(before)
    far = shapely.hausdorff_distance(*plane.to_metres(shapely.boundary([before, after])))
    monkeypatch.delattr(shapely, "hausdorff_distance")
    [moved] = compare([Unit("p", 1, None, before)], [Unit("p", 1, None, after)])
    assert f"{far:,.1f} m" in moved.en


def test_a_millimetre_is_no_move() -> None:
    assert compare(villages(87.1), villages(87.1 + 0.001 * METRE)) == []


def test_a_new_grid_and_lost_land() -> None:
    found = compare(villages(87.1, east=87.3), [*villages(87.1), Unit("c", 2, "p", shapely.box(87.2, 44, 87.2, 44.1))])
    kinds = {each.kind: each for each in found}
    assert set(kinds) == {"added", "moved", "uncovered"}
    assert shapely.equals(kinds["uncovered"].geometry, shapely.box(87.2, 44.0, 87.3, 44.1))


def test_what_lies_in_another_grid_then() -> None:
    things = [
        Lying("source", "1", 87.1 + 100 * METRE, 44.05),
        Lying("station", "2", 87.1 + 400 * METRE, 44.05),
        Lying("problem", "3", 88.0, 44.05),
    ]
    [moved] = changing(things, villages(87.1), villages(BORDER))
    assert (moved.what.name, moved.before, moved.after) == ("1", "b", "a")
    [lost] = changing(things, villages(87.1, east=88.5), villages(87.1))
    assert (lost.what.kind, lost.before, lost.after) == ("problem", "b", None)
    assert changing([], villages(87.1), villages(BORDER)) == []


def test_what_lies_in_the_same_village_of_another_township() -> None:
    towns = [Unit(code, 1, None, shapely.box(87.0, 44.0, 87.2, 44.1)) for code in ("p", "q")]
    before = [towns[0], *villages(87.1)[1:]]
    after = [towns[1], before[1], replace(before[2], parent="q")]
    things = [Lying("source", "1", 87.05, 44.05), Lying("source", "2", 87.15, 44.05)]
    [moved] = changing(things, before, [towns[0], *after])
    assert (moved.what.name, moved.before, moved.after) == ("2", "b", "b")
