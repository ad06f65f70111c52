"""A set of boundaries is checked, takes effect, and leaves what was before readable (CJ-1, CJ-A1-14)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import shapely
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from backend.audit.models import AuditEntry
from backend.auth.models import Post
from backend.core import clock
from backend.core.edge import Application
from backend.core.errors import NotFound, Problem
from backend.grids import bundles, service
from backend.grids.errors import BoundariesRefused, GridsWouldMove, RevisionOutOfOrder
from backend.grids.models import Boundary, Bundle, Grid
from backend.grids.publishing import publish
from backend.grids.states import GridState
from tests.backend import cast
from tests.backend.cast import MONDAY
from tests.backend.grids.conftest import Publish
from tests.backend.grids.story import KEY, state, states


def validity(session: Session, code: str) -> list[tuple[int, Any]]:
    rows = select(Boundary.revision, Boundary.valid_to).where(Boundary.code == code).order_by(Boundary.revision)
    return [(revision, ended) for revision, ended in session.execute(rows)]


def test_only_what_changed_gets_a_new_boundary(app: Application, moved: timedelta) -> None:
    with app.database.transaction(write=False) as session:
        for code in ("652301001001", "652301001002"):
            assert validity(session, code) == [(1, MONDAY + moved), (2, None)]
        assert validity(session, "652301001") == [(1, None)]
        assert validity(session, "KG01") == [(2, None)]
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "grids.publish"))
        assert (entry.subject_id, entry.facts) == ("2", {"changed": 3})


def test_a_grid_says_where_it_lies_and_which_bundle_shows_it(app: Application, moved: timedelta) -> None:
    with app.database.transaction(write=False) as session:
        village, key = service.get_grid(session, "652301001001"), service.get_grid(session, "KG01")
        assert village.grid_path == cast.VILLAGE_A1
        assert (village.min_lon, village.min_lat, village.max_lon, village.max_lat) == (87.0, 44.0, 87.15, 44.1)
        assert (village.bundle_county, village.bundle_version) == ("652301", 2)
        assert (key.grid_path, key.tier, key.kind) == ("652300/652301/KG01", None, "key_grid")
        assert service.get_grid(session, "652300").bundle_county == "652300"
        assert set(session.scalars(select(Bundle.county))) == {"652300", "652301", "652302"}


def test_a_county_that_did_not_change_keeps_its_bundle(app: Application, moved: timedelta, revise: Publish) -> None:
    revise(states(border=87.12))
    with app.database.transaction(write=False) as session:
        versions = {grid.code: grid.bundle_version for grid in session.scalars(select(Grid))}
        assert (versions["652301001"], versions["652302001"]) == (3, 2)
        assert bundles.versions_at(session, 2, ["652301", "652302"]) == {"652301": 2, "652302": 2}


@pytest.mark.parametrize(
    ("border", "written"),
    [
        (87.15, set()),
        (87.16, {"652300", "652301", "652301001", "652301001001", "652301001002", "KG01"}),
    ],
)
def test_grids_that_stay_as_they_are_are_not_written(
    app: Application, moved: timedelta, hand: clock.Frozen, border: float, written: set[str]
) -> None:
    """Or they would travel to every phone again."""
    hand.move(hours=1)
    seen: set[str] = set()

    def look(session: Session, *_: Any) -> None:
        seen.update(each.code for each in session.dirty if isinstance(each, Grid))

    with app.app_context(), app.database.transaction() as session:
        event.listen(session, "before_flush", look)
        publish(session, states(border), clock.now())
    assert seen == written


def test_a_renamed_grid_renames_its_posts(app: Application, revise: Publish) -> None:
    revise([replace(each, name="新名社区") if each.code == "652301001001" else each for each in states()])
    with app.database.transaction(write=False) as session:
        posts = session.scalars(select(Post).where(Post.grid_code == "652301001001"))
        assert {post.grid_name for post in posts} == {"新名社区"}


def without(code: str) -> list[GridState]:
    return [each for each in states() if each.code != code]


GAP = [
    replace(each, geometry=shapely.box(87.0, 44.0, 87.08, 44.1)) if each.code == "652301001001" else each
    for each in states()
]
BOW = shapely.Polygon([(87.01, 44.01), (87.02, 44.02), (87.02, 44.01), (87.01, 44.02)])
OUTSIDE_COUNTY = replace(KEY, parent="652301001")
OTHER_COUNTY = [
    replace(each, parent="652302001", code="652302001002", division_code="652302001002")
    if each.code == "652301001002"
    else each
    for each in states()
]


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        (GAP, "gap"),
        (OTHER_COUNTY, "outside_parent"),
        ([*without("KG01"), OUTSIDE_COUNTY], "unknown_parent"),
        ([*states(), KEY], "duplicate_code"),
        ([*without("KG01"), replace(KEY, geometry=shapely.Polygon())], "empty"),
        ([*without("KG01"), replace(KEY, geometry=BOW)], "invalid_ring"),
        (without("652300"), "unknown_parent"),
        ([], None),
    ],
)
def test_faulty_boundaries_are_refused_with_the_place(
    db: Session, wanted: Sequence[GridState], kind: str | None
) -> None:
    with pytest.raises(BoundariesRefused) as refused:
        publish(db, wanted, MONDAY + timedelta(seconds=1))
    findings = refused.value.facts["findings"]
    assert [found for found in findings if found["kind"] == kind] or kind is None
    assert db.scalar(select(Grid).where(Grid.code == "KG01")) is None


def test_a_finding_names_the_grids_the_place_and_a_sentence(db: Session) -> None:
    with pytest.raises(BoundariesRefused) as refused:
        publish(db, GAP, MONDAY)
    [found] = refused.value.facts["findings"]
    assert (found["kind"], found["severity"], found["codes"]) == ("gap", "error", ["652301001"])
    lon, lat = found["place"]
    assert 87.08 <= lon <= 87.1
    assert 44.0 <= lat <= 44.1
    assert "652301001" in found["sentence"]["zh"]


@pytest.mark.parametrize(
    ("effective_from", "wanted", "error"),
    [
        (MONDAY, states(), RevisionOutOfOrder),
        (MONDAY - timedelta(days=2), states(), RevisionOutOfOrder),
        (MONDAY + timedelta(minutes=1), "vanished", GridsWouldMove),
    ],
)
def test_time_and_tree_are_kept_in_order(
    db: Session, hand: clock.Frozen, effective_from: Any, wanted: Any, error: type[Problem]
) -> None:
    hand.move(days=1)
    if wanted == "vanished":
        whole = shapely.box(87.0, 44.0, 87.2, 44.1)
        wanted = [
            replace(each, geometry=whole) if each.code == "652301001001" else each
            for each in states()
            if each.code != "652301001002"
        ]
    with pytest.raises(error):
        publish(db, wanted, effective_from)


def test_a_township_without_villages_can_be_published(app: Application, hand: clock.Frozen) -> None:
    """Only warned of: its own border is then the finest."""
    hand.move(hours=1)
    path, area = "652300/652303/652303001", shapely.box(87.3, 44.0, 87.4, 44.1)
    more = [state("652300/652303", area), state(path, area)]
    wanted = [
        replace(each, geometry=shapely.box(87.0, 44.0, 87.4, 44.1)) if each.code == "652300" else each
        for each in states()
    ]
    with app.app_context(), app.database.transaction() as session:
        publish(session, [*wanted, *more], clock.now())
        assert service.path_of(session, "652303001") == path


def test_place_of_serves_appointments(db: Session) -> None:
    place = service.place_of(db, "652301001")
    assert (place.code, place.path, place.name, place.tier) == ("652301001", cast.TOWNSHIP_A, "宁边路街道", 3)
    with pytest.raises(NotFound):
        service.place_of(db, "659999")
