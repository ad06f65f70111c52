"""Boundaries from and to GeoJSON files."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest
import shapely
from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.edge import Application
from backend.core.errors import Invalid
from backend.core.settings import Settings
from backend.gis.export import Asked, features
from backend.gis.layers import EVERY_GRID
from backend.grids import files, publishing, reading, service
from backend.grids.states import GridState
from geo import geojson
from geo.findings import finding
from geo.reading.errors import TooLargeToReadError
from geo.reading.limits import MIB
from tests.backend.cast import MONDAY
from tests.backend.grids.story import states


def exported(app: Application, at: datetime) -> bytes:
    return geojson.write(features(app.database, EVERY_GRID, Asked(at)))


def states_in(content: bytes) -> list[GridState]:
    return reading.read(content, "WGS84").states


def test_what_was_written_reads_back_as_it_was(app: Application, moved: timedelta) -> None:
    by_code = {each.code: each for each in states_in(exported(app, clock.now()))}
    wanted = {each.code: each for each in states(border=87.15)}
    assert by_code.keys() == wanted.keys()
    for code, each in by_code.items():
        assert shapely.equals(each.geometry, wanted[code].geometry)
        assert replace(each, geometry=None) == replace(wanted[code], geometry=None)


def test_publishing_what_was_exported_changes_nothing(app: Application, moved: timedelta, hand: clock.Frozen) -> None:
    hand.move(hours=1)
    content = exported(app, clock.now())
    with app.app_context(), app.database.transaction() as session:
        before = {each.code: each.id for each in service.list_grids(session, as_of=clock.now())}
        publishing.publish(session, states_in(content), clock.now())
        assert {each.code: each.id for each in service.list_grids(session, as_of=clock.now())} == before


def test_a_file_as_of_then(app: Application, moved: timedelta) -> None:
    assert "KG01" not in {each.code for each in states_in(exported(app, MONDAY))}


def test_check_says_what_would_be_refused_and_what_is_gone(db: Session) -> None:
    found = files.check(publishing.last(db), [each for each in states() if each.code != "652301001002"]).findings
    assert {(each.kind, each.codes) for each in found} == {
        ("gap", ("652301001",)),
        ("vanished", ("652301001002",)),
    }


def test_a_picture_names_the_park_that_a_township_is_in(db: Session) -> None:
    """The codes of what lies in a park begin with those of the county around it."""
    park = GridState("652300-P1", None, 2, "652300", "高新区", "tier", True, shapely.box(87.3, 44, 87.4, 44.1))
    township = replace(park, code="652301402", tier=3, parent=park.code)
    lost = replace(park, code="652302402", tier=3, parent="652302402")
    found = [finding("spike", (code,), park.geometry) for code in (township.code, lost.code, "652302001")]
    picture = ElementTree.fromstring(files.picture(publishing.last(db), [*states(), park, township, lost], found))
    assert "涉及 touches 652300-P1、652302" in [each.text for each in picture.iter()]


def test_a_deployment_decides_what_a_file_may_cost(settings: Settings) -> None:
    limits = reading.limits_of(replace(settings, gis_file_mb=3, gis_entries=5, gis_memory_mb=300, gis_seconds=7))
    assert (limits.file_bytes, limits.unpacked_bytes, limits.memory_bytes) == (3 * MIB, 12 * MIB, 300 * MIB)
    assert (limits.entries, limits.seconds) == (5, 7)


def written(**changes: Any) -> bytes:
    properties = {"code": "652300", "division_code": "652300", "tier": 1, "parent": None, "name": "昌吉州"}
    geometry = {"type": "Polygon", "coordinates": [[[87, 44], [88, 44], [88, 45], [87, 44]]]}
    feature = {"type": "Feature", "properties": properties | changes, "geometry": geometry}
    return orjson.dumps({"type": "FeatureCollection", "features": [feature]})


def test_left_out_words_have_defaults_and_foreign_ones_are_left_out() -> None:
    [state] = states_in(written(fid=7))
    assert (state.kind, state.in_duty, state.geometry.geom_type) == ("tier", True, "Polygon")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"code": "65/23"}, "features.0.properties.code"),
        ({"code": "65%"}, "features.0.properties.code"),
        ({"name": ""}, "features.0.properties.name"),
        ({"tier": 5}, "features.0.properties.tier"),
        ({"tier": None}, "features.0.properties.tier"),
        ({"kind": "key_grid", "parent": "652301"}, "features.0.properties.tier"),
        ({"parent": "65"}, "features.0.properties.parent"),
        ({"kind": "other"}, "features.0.properties.kind"),
    ],
)
def test_faults_are_named_by_their_path(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        states_in(written(**changes))
    assert path in [fault["path"] for fault in refused.value.facts["errors"]]


def test_lines_are_no_grids() -> None:
    content = written().replace(b'"Polygon"', b'"MultiLineString"')
    with pytest.raises(Invalid) as refused:
        states_in(content)
    assert [fault["path"] for fault in refused.value.facts["errors"]] == ["features.0.geometry"]


@pytest.mark.parametrize(
    "names",
    [
        {"CODE": 652300, "Tier": "1", "NAME": "昌吉州"},
        {"网格编码": "652300", "层级": 1, "名称": "昌吉州", "Name": "1"},
        {"code": "652300", "tier": 1.0, "name": "昌吉州", "in_duty": "true", "parent": ""},
        {"code": "652300", "tier": 1, "name": "昌吉州", "division_c": 652300},
        {"编码": "652300", "区划码": "652300", "层级": 1, "上级": None, "名称": "昌吉州", "在管": True},
        {"网格编": "652300", "tier": 1, "name": "昌吉州"},
        {"code": "652300", "tier": 1, "name": "昌吉州", "kind": "", "in_duty": None, "predecessors": ""},
    ],
)
def test_fields_as_people_and_formats_call_them(names: dict[str, Any]) -> None:
    [feature] = orjson.loads(written())["features"]
    content = orjson.dumps({"type": "FeatureCollection", "features": [feature | {"properties": names}]})
    [state] = states_in(content)
    assert (state.code, state.tier, state.name, state.parent) == ("652300", 1, "昌吉州", None)


def test_limits_are_settings(app: Application) -> None:
    limits = reading.limits_of(replace(app.settings, gis_file_mb=1, gis_features=1))
    with pytest.raises(TooLargeToReadError):
        reading.read(written()[:-2] + b"," + written()[40:], "WGS84", replace(limits, file_bytes=10))


def test_a_file_in_the_wrong_system_is_noticed_against_what_is_published(app: Application, moved: timedelta) -> None:
    with app.database.transaction(write=False) as session:
        known = files.known(session)
    content = exported(app, clock.now())
    assert known is not None
    assert reading.read(content, "CGCS2000", known=known).findings == []
    [found] = reading.read(content, "GCJ02", known=known).findings
    assert (found.kind, found.severity) == ("datum_guess", "error")
