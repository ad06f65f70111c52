"""Boundaries from and to GeoJSON files."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
import shapely
from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.edge import Application
from backend.core.errors import Invalid
from backend.grids import files, service
from geo.errors import BadGeoJSONError
from tests.backend.cast import MONDAY
from tests.backend.grids.story import states


def test_what_was_written_reads_back_as_it_was(app: Application, moved: timedelta) -> None:
    with app.database.transaction(write=False) as session:
        content = b"".join(files.write(session, clock.now()))
    by_code = {each.code: each for each in files.read(content)}
    wanted = {each.code: each for each in states(border=87.15)}
    assert by_code.keys() == wanted.keys()
    for code, each in by_code.items():
        assert shapely.equals(each.geometry, wanted[code].geometry)
        assert replace(each, geometry=None) == replace(wanted[code], geometry=None)


def test_publishing_what_was_exported_changes_nothing(app: Application, moved: timedelta, hand: clock.Frozen) -> None:
    hand.move(hours=1)
    with app.app_context(), app.database.transaction() as session:
        before = {each.code: each.id for each in service.list_grids(session, as_of=clock.now())}
        service.publish(session, files.read(b"".join(files.write(session, clock.now()))), clock.now())
        assert {each.code: each.id for each in service.list_grids(session, as_of=clock.now())} == before


def test_a_file_as_of_then(app: Application, moved: timedelta) -> None:
    with app.database.transaction(write=False) as session:
        content = b"".join(files.write(session, MONDAY))
    assert "KG01" not in {each.code for each in files.read(content)}


def test_check_says_what_would_be_refused_and_what_is_gone(db: Session) -> None:
    found = files.check(db, [each for each in states() if each.code != "652301001002"])
    assert {(each.kind, each.codes) for each in found} == {
        ("gap", ("652301001",)),
        ("vanished", ("652301001002",)),
    }


def written(**changes: Any) -> bytes:
    properties = {"code": "652300", "division_code": "652300", "tier": 1, "parent": None, "name": "昌吉州"}
    geometry = {"type": "Polygon", "coordinates": [[[87, 44], [88, 44], [88, 45], [87, 44]]]}
    feature = {"type": "Feature", "properties": properties | changes, "geometry": geometry}
    return orjson.dumps({"type": "FeatureCollection", "features": [feature]})


def test_left_out_words_have_defaults_and_foreign_ones_are_left_out() -> None:
    [state] = files.read(written(fid=7))
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
        files.read(written(**changes))
    assert path in [fault["path"] for fault in refused.value.facts["errors"]]


def test_lines_are_no_grids() -> None:
    content = written().replace(b'"Polygon"', b'"MultiLineString"')
    with pytest.raises(BadGeoJSONError):
        files.read(content)
