"""Aygul finds something and reports it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from backend.core.edge import Application
from backend.core.errors import Forbidden
from backend.problems.errors import NoPlace, UnknownClass
from backend.problems.models import Problem
from backend.problems.records import records, scope_keys
from geo.errors import MissingDatumError
from geo.gcj02 import to_gcj02
from sync.errors import Deferred
from tests.backend.cast import IN_A1, TOWNSHIP_A, VILLAGE_A1, VILLAGE_B1, Member
from tests.backend.conftest import Caller
from tests.backend.problems.conftest import AT, PLACE, REPORT, Reported

Call = Callable[[str], Caller]


def stored(app: Application, problem_id: str) -> dict[str, Any]:
    with app.database.transaction(write=False) as session:
        [record] = records(session, [session.get_one(Problem, uuid.UUID(problem_id))])
        return record


def test_a_report_from_the_phone_lies_in_the_village_of_its_position(
    app: Application, cast: dict[str, Member], reported: Reported
) -> None:
    record = stored(app, reported("Aygul", severity="serious", stopped=False))
    assert (record["state"], record["class"], record["severity"], record["number"]) == (
        "reported",
        "dust",
        "serious",
        None,
    )
    assert (record["grid"], record["county"], record["path"]) == ("652301001001", "652301", VILLAGE_A1)
    assert record["place"] == AT
    assert record["reporter_id"] == str(cast["Aygul"].id)
    assert record["findings"] == ["no_anchor"]
    assert record["photos"] == []


@pytest.mark.parametrize(
    ("position", "path", "finding"),
    [
        ({"lon": 87.25, "lat": 44.05}, VILLAGE_B1, "outside_own_grid"),
        ({"lon": 10.0, "lat": 50.0}, VILLAGE_A1, "outside_prefecture"),
    ],
)
def test_a_place_elsewhere_is_a_finding(
    app: Application, reported: Reported, position: dict[str, float], path: str, finding: str
) -> None:
    record = stored(app, reported("Aygul", IN_A1 | position))
    assert (record["path"], record["findings"]) == (path, ["no_anchor", finding])


def test_a_place_chosen_on_the_map_counts_and_is_converted(app: Application, reported: Reported) -> None:
    lon, lat = to_gcj02(AT["lon"], AT["lat"])
    record = stored(
        app, reported("Aygul", None, place={"lon": lon, "lat": lat, "datum": "GCJ02", "chosen_on_map": True})
    )
    assert record["place"] == pytest.approx(AT, abs=1e-7)
    with pytest.raises(MissingDatumError):
        reported("Aygul", None, place=AT | {"chosen_on_map": True})


def test_what_cannot_be_applied_is_refused(reported: Reported) -> None:
    with pytest.raises(NoPlace):
        reported("Aygul", None)
    with pytest.raises(UnknownClass) as refused:
        reported("Aygul", **{"class": "ghosts"})
    assert refused.value.facts["given"] == "ghosts"
    assert "dust" in refused.value.facts["known"]


def test_a_report_waits_for_its_source(app: Application, reported: Reported) -> None:
    missing = str(uuid.uuid4())
    with pytest.raises(Deferred) as deferred:
        reported("Aygul", source_id=missing)
    assert deferred.value.needs == [{"collection": "sources", "id": missing}]


@pytest.mark.parametrize("outsider", ["Fang", "Guo"])
def test_who_reports_nothing_is_refused(reported: Reported, outsider: str) -> None:
    with pytest.raises(Forbidden):
        reported(outsider)


def test_a_newer_app_may_say_more(reported: Reported) -> None:
    assert reported("Aygul", colour="brown", place=PLACE | {"floor": 3})


def test_chen_reports_from_the_console(call: Call) -> None:
    chen = call("Chen")
    answer = chen.post("/problems", REPORT | {"place": PLACE})
    assert (answer.status_code, answer.json["path"]) == (201, VILLAGE_A1)
    assert answer.headers["ETag"] == f'"{answer.json["version"]}"'
    cases: list[tuple[dict[str, Any], str]] = [
        (REPORT, "no_place"),
        (REPORT | {"place": PLACE, "class": "ghosts"}, "unknown_class"),
        (REPORT | {"place": PLACE, "colour": "brown"}, "unknown_field"),
        (REPORT | {"place": PLACE | {"floor": 3}}, "unknown_field"),
        (REPORT | {"place": AT | {"chosen_on_map": True}}, "no_datum"),
        (REPORT | {"place": PLACE | {"lat": 100}}, "coordinates_out_of_range"),
        (REPORT | {"place": PLACE | {"lat": "north"}}, "invalid"),
        (REPORT | {"place": PLACE, "note": "a\0b"}, "bad_text"),
        (REPORT | {"place": PLACE, "severity": "terrible"}, "invalid"),
        (REPORT | {"place": PLACE, "source_id": str(uuid.uuid4())}, "invalid"),
    ]
    for body, code in cases:
        refused = chen.post("/problems", body)
        assert (refused.status_code, refused.json["code"]) == (422, code)
    assert call("Fang").post("/problems", REPORT | {"place": PLACE}).json["code"] == "forbidden"


def test_who_sees_it(app: Application, call: Call, cast: dict[str, Member], reported: Reported) -> None:
    here = reported("Aygul")
    elsewhere = reported("Aygul", IN_A1 | {"lon": 87.25})
    seen = {"Aygul": {here, elsewhere}, "Bahar": set(), "Chen": {here}, "Ding": {here}, "Erkin": {here, elsewhere}}
    seen |= {"Wang": {elsewhere}, "Yang": {elsewhere}, "Fang": set(), "Guo": set()}
    for name, expected in seen.items():
        caller = call(name)
        assert {item["id"] for item in caller.get("/problems").json["items"]} == expected, name
        for problem_id in (here, elsewhere):
            assert caller.get(f"/problems/{problem_id}").status_code == (200 if problem_id in expected else 403)
    with app.database.transaction(write=False) as session:
        problem = session.get_one(Problem, uuid.UUID(here))
        assert scope_keys(problem) == {
            "grid:652300",
            "grid:652301",
            "grid:652301001",
            "grid:652301001001",
            f"person:{cast['Aygul'].id}",
        }


def test_lists_are_filtered_and_paged(call: Call, cast: dict[str, Member], reported: Reported) -> None:
    ids = [reported("Aygul"), reported("Bahar", IN_A1 | {"lon": 87.15}), reported("Aygul", **{"class": "noise"})]
    ding = call("Ding")
    assert ding.post(f"/problems/{ids[0]}/register").status_code == 200

    def found(query: str) -> list[str]:
        return sorted(item["id"] for item in ding.get(f"/problems?{query}").json["items"])

    assert found("state=registered") == ids[:1]
    assert found("class=noise") == ids[2:]
    assert found("grid=652301001002") == ids[1:2]
    assert found(f"grid={TOWNSHIP_A.split('/')[-1]}") == sorted(ids)
    assert found("grid=nowhere") == []
    assert found("due_before=2027-01-01T00:00:00Z") == ids[:1]
    assert found("mine=true") == []
    page = ding.get("/problems?limit=2").json
    rest = ding.get(f"/problems?limit=2&cursor={page['next']}").json
    assert [item["id"] for item in page["items"] + rest["items"]] == sorted(ids, reverse=True)
    assert rest["next"] is None
    assert ding.get("/problems?state=lost").json["code"] == "invalid"
    assert ding.get("/problems?due_before=2027-01-01T00:00:00").json["code"] == "invalid"
