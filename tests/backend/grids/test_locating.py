"""Which grids is this position in, now and then?"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from backend.core import clock
from backend.core.edge import Application
from backend.grids import locating, service
from backend.grids.locating import Indexes, locate
from backend.grids.publishing import publish
from geo.gcj02 import to_gcj02
from tests.backend import cast
from tests.backend.cast import MONDAY
from tests.backend.conftest import Caller
from tests.backend.grids.conftest import Publish
from tests.backend.grids.story import states

Call = Callable[[str], Caller]


def test_a_position_has_the_whole_path_of_grids(call: Call, moved: timedelta) -> None:
    answer = call("Aygul").get("/grids/locate?lon=87.05&lat=44.05&datum=WGS84&accuracy_m=12")
    assert answer.json == {
        "path": cast.VILLAGE_A1,
        "grids": [
            {"code": "652300", "name": "昌吉州", "tier": 1},
            {"code": "652301", "name": "昌吉市", "tier": 2},
            {"code": "652301001", "name": "宁边路街道", "tier": 3},
            {"code": "652301001001", "name": "红星社区", "tier": 4},
        ],
        "key_grids": [{"code": "KG01", "name": "一号站重点网格", "tier": None}],
        "ambiguous": False,
    }


def test_near_a_border_it_is_ambiguous(call: Call) -> None:
    answer = call("Aygul").get("/grids/locate?lon=87.0999&lat=44.05&datum=CGCS2000&accuracy_m=20").json
    assert (answer["path"], answer["ambiguous"]) == (cast.VILLAGE_A1, True)
    assert not call("Aygul").get("/grids/locate?lon=87.0999&lat=44.05&datum=WGS84&accuracy_m=5").json["ambiguous"]


def test_outside_the_prefecture_is_an_answer_not_an_error(call: Call) -> None:
    answer = call("Aygul").get("/grids/locate?lon=80&lat=40&datum=WGS84")
    assert answer.status_code == 200
    assert answer.json == {"path": "", "grids": [], "key_grids": [], "ambiguous": False}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("lon=87.05&lat=44.05", "no_datum"),
        ("lon=87.05&lat=44.05&datum=BD09", "unknown_datum"),
        ("lon=187.05&lat=44.05&datum=WGS84", "coordinates_out_of_range"),
        ("lon=nan&lat=44.05&datum=WGS84", "invalid"),
        ("lat=44.05&datum=WGS84", "invalid"),
        ("lon=87.05&lat=44.05&datum=WGS84&accuracy_m=-1", "invalid"),
        ("lon=87.05&lat=44.05&datum=WGS84&as_of=yesterday", "invalid"),
        ("lon=87.05&lat=44.05&datum=WGS84&as_of=2026-11-23T09:00:00", "invalid"),
    ],
)
def test_bad_questions(call: Call, query: str, code: str) -> None:
    answer = call("Aygul").get(f"/grids/locate?{query}")
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_gcj02_is_converted(call: Call) -> None:
    """0.0005 degrees (40 m) west of the border, which in GCJ-02 looks like 200 m east of it."""
    lon, lat = to_gcj02(87.0995, 44.05)
    assert lon > 87.1
    answer = call("Aygul").get(f"/grids/locate?lon={lon}&lat={lat}&datum=GCJ02")
    assert answer.json["path"] == cast.VILLAGE_A1


def test_as_of_then(call: Call, moved: timedelta) -> None:
    """A place east of the old border and west of the new one."""
    aygul, here = call("Aygul"), "/grids/locate?lon=87.12&lat=44.05&datum=WGS84"
    assert aygul.get(here).json["path"] == cast.VILLAGE_A1
    before, after = (f"2026-11-23T{time}%2B08:00" for time in ("09:59:59", "10:00:00"))
    assert aygul.get(f"{here}&as_of={before}").json["path"] == cast.VILLAGE_A2
    assert aygul.get(f"{here}&as_of={after}").json["path"] == cast.VILLAGE_A1
    assert aygul.get(f"{here}&as_of=2026-11-23").json["path"] == cast.VILLAGE_A1
    assert aygul.get(f"{here}&as_of=2026-11-22").json["path"] == ""


def test_a_new_revision_is_seen_at_once_and_the_old_index_is_kept(app: Application, revise: Publish) -> None:
    def here() -> str:
        with app.app_context(), app.database.transaction(write=False) as session:
            return locate(session, 87.12, 44.05).path

    assert here() == cast.VILLAGE_A2
    revise(states(border=87.15))
    assert here() == cast.VILLAGE_A1


def test_an_index_is_built_once(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    monkeypatch.setattr(locating, "Index", lambda rows: built.append(len(rows)) or "an index")
    indexes = Indexes()
    with app.database.transaction(write=False) as session:
        revision = service.revision_at(session, MONDAY)
        assert revision
        assert [indexes.of(session, revision) for _ in range(3)] == ["an index"] * 3
    assert built == [8]


def test_a_publication_that_was_rolled_back_leaves_nothing(app: Application, hand: clock.Frozen) -> None:
    def publish_and_look(border: float, keep: bool) -> str:
        hand.move(hours=1)
        with app.database.sessions() as session:
            publish(session, states(border), clock.now())
            found = locate(session, 87.12, 44.05).path
            session.commit() if keep else session.rollback()
        return found

    with app.app_context():
        assert publish_and_look(87.15, keep=False) == cast.VILLAGE_A1
        assert publish_and_look(87.11, keep=True) == cast.VILLAGE_A2


def test_before_the_first_revision_there_is_nothing(app: Application) -> None:
    with app.app_context(), app.database.transaction(write=False) as session:
        assert locate(session, 87.05, 44.05, MONDAY - timedelta(days=1)) == locating.Located()
