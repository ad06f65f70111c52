"""Real clients on a real server: GDAL's OAPIF driver reads and filters, OWSLib walks the service."""

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pyogrio
import shapely
from owslib.ogcapi.features import Features

from backend.gis.layers import GRID
from backend.grids.states import GridState
from tests.backend.gis.conftest import VILLAGES, Served


def read(served: Served, **options: object) -> tuple[list[str], list[np.ndarray], np.ndarray]:
    """Field names, columns and geometries of the grids, as GDAL finds them."""
    found = pyogrio.raw.read(f"OAPIF:{served.url}/ogc/?token={served.token}", layer="grids", **options)
    meta, _, shapes, columns = found
    return list(meta["fields"]), columns, shapely.from_wkb(shapes)


def test_gdal_reads_every_village_with_all_properties(served: Served, changji_states: list[GridState]) -> None:
    names, columns, shapes = read(served)
    assert [name for name in names if name != "id"] == GRID.split()
    column = dict(zip(names, columns, strict=True))
    assert len(shapes) == len([state for state in changji_states if not state.is_key])
    assert (column["tier"] == 4).sum() == VILLAGES
    drawn = {state.code: state for state in changji_states}
    for code, name, parent, shape in zip(column["code"], column["name"], column["parent"], shapes, strict=True):
        assert (drawn[code].name, drawn[code].parent) == (name, parent)
        assert shape.symmetric_difference(drawn[code].geometry).area < 1e-7
    pages = [path for path in served.asked() if "/items" in path]
    assert len({parse_qs(urlsplit(path).query).get("cursor", [""])[0] for path in pages}) == 2


def test_gdal_lets_the_server_filter(served: Served, changji_states: list[GridState]) -> None:
    expected = {state.code for state in changji_states if state.parent == "652301001"}
    names, columns, _ = read(served, where="parent = '652301001'")
    assert set(columns[names.index("code")]) == expected
    assert any("parent=652301001" in path for path in served.asked())


def test_gdal_looks_into_a_box(served: Served, changji_states: list[GridState]) -> None:
    village = next(state for state in changji_states if state.tier == 4)
    names, columns, _ = read(served, bbox=village.geometry.bounds)
    box = shapely.box(*village.geometry.bounds)
    expected = {state.code for state in changji_states if not state.is_key and state.geometry.intersects(box)}
    assert set(columns[names.index("code")]) == expected
    assert any("bbox=" in path for path in served.asked())


def test_owslib_walks_the_service(served: Served) -> None:
    service = Features(f"{served.url}/ogc/", headers={"Authorization": f"Bearer {served.token}"})
    names = ["grids", "key_grids", "sources", "stations", "problems", "alarms", "visits", "staffing_gaps"]
    assert service.feature_collections() == names
    assert service.conformance()["conformsTo"][0].endswith("ogcapi-features-1/1.0/conf/core")
    assert service.api()["openapi"] == "3.0.3"
    assert "parent" in service.collection_queryables("grids")["properties"]
    page = service.collection_items("grids", limit=10, tier=4)
    assert [page["numberReturned"], len(page["features"])] == [10, 10]
    assert set(page["features"][0]["properties"]) == set(GRID.split())
    item = service.collection_item("grids", "652301001001")
    assert item["properties"]["parent"] == "652301001"
