"""Many positions in one request."""

from collections.abc import Callable
from datetime import timedelta

from backend.core.edge import Application
from tests.backend import cast as story
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]
HERE = {"lon": 87.12, "lat": 44.05, "datum": "WGS84"}


def test_each_position_has_its_own_answer_or_its_own_problem(call: Call, moved: timedelta) -> None:
    points = [
        HERE,
        HERE | {"lon": 87.05},
        HERE | {"lon": 87.1499, "accuracy_m": 50},
        HERE | {"lon": 80.0},
        {"lon": 87.05, "lat": 44.05},
        HERE | {"lon": "east"},
        HERE | {"lat": 444},
        HERE | {"altitude": 500},
        HERE | {"accuracy_m": 100_001},
        HERE | {"datum": ["WGS84"]},
        HERE | {"lon": 1e300, "datum": "GCJ02"},
    ]
    results = call("Wang").post("/grids/locate", {"points": points}).json["results"]
    assert [each["index"] for each in results] == list(range(11))
    assert results[0]["path"] == results[1]["path"] == story.VILLAGE_A1
    assert [each["code"] for each in results[1]["grids"]] == story.VILLAGE_A1.split("/")
    assert [each["code"] for each in results[1]["key_grids"]] == ["KG01"]
    assert [each["ambiguous"] for each in results[:4]] == [False, False, True, False]
    assert (results[3]["path"], results[3]["grids"]) == ("", [])
    codes = [each["problem"]["code"] for each in results[4:]]
    assert codes == [
        "no_datum",
        "invalid",
        "coordinates_out_of_range",
        "unknown_field",
        "invalid",
        "invalid",
        "coordinates_out_of_range",
    ]


def test_it_answers_as_the_single_question_does(call: Call, moved: timedelta) -> None:
    wang = call("Wang")
    for as_of in ("", "2026-11-23T09:30:00+08:00"):
        single = wang.get(f"/grids/locate?lon=87.12&lat=44.05&datum=WGS84{as_of and f'&as_of={as_of}'}").json
        [many] = wang.post("/grids/locate", {"points": [HERE], **({"as_of": as_of} if as_of else {})}).json["results"]
        assert many == {"index": 0} | single
        assert single["path"] == (story.VILLAGE_A2 if as_of else story.VILLAGE_A1)


def test_there_is_a_limit(app: Application, call: Call) -> None:
    object.__setattr__(app.settings, "locate_points", 2)
    wang = call("Wang")
    assert wang.post("/grids/locate", {"points": [HERE] * 2}).status_code == 200
    refused = wang.post("/grids/locate", {"points": [HERE] * 3})
    assert (refused.status_code, refused.json["code"], refused.json["limit"]) == (413, "too_many_points", 2)
    assert wang.post("/grids/locate", {"points": []}).json == {"results": []}


def test_nobody_unknown_may_ask(app: Application) -> None:
    assert app.test_client().post("/api/v1/grids/locate", json={"points": [HERE]}).status_code == 401
