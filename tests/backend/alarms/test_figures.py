"""A month in figures: counted from the verdicts, for those who may read the county, as JSON, CSV and workbook."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from backend.core import clock
from tests.backend.alarms.conftest import Hands
from tests.backend.cast import MONDAY

VIDEO = {"kind": "video", "place": {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}}
ABROAD = {"lon": 87.25, "lat": 44.05, "datum": "WGS84"}


@pytest.fixture
def november(hands: Hands, hand: clock.Frozen) -> Hands:
    """Four alarms of county A: kept, late, withdrawn, never answered; one of county B; one of December."""
    kept = seen(hands, hand)
    hands.instruct(kept)
    hand.move(minutes=30)
    hands.field("Aygul", kept, "onsite")
    hand.move(minutes=70)
    hands.field("Aygul", kept, "disposal")
    hands.office("Ding", kept, "close", summary="完", cause="catering")
    late = seen(hands, hand)
    hands.instruct(late)
    hand.move(minutes=70)
    hands.field("Aygul", late, "onsite")
    hands.office("Ding", late, "close", summary="完", cause="catering", measures="取缔", result="已停")
    withdrawn = seen(hands, hand)
    hands.office("Erkin", withdrawn, "withdraw", reason="校准")
    hands.deliver("Ding", hands.raised())
    hands.call("Xu").post("/alarms", json=VIDEO | {"place": ABROAD})
    hand.move(hours=3)
    hand.set(MONDAY + timedelta(days=8))
    seen(hands, hand)
    return hands


def seen(hands: Hands, hand: clock.Frozen) -> str:
    hand.move(seconds=1)
    answer = hands.call("Ding").post("/alarms", json=VIDEO)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def figures(hands: Hands, name: str = "Ding", suffix: str = "", **query: str) -> Any:
    return hands.call(name).get(f"/alarms/figures{suffix}", query_string={"month": "2026-11", **query})


def test_a_month_is_counted_as_it_is_judged(november: Hands, hand: clock.Frozen) -> None:
    told = figures(november).json
    assert (told["month"], told["as_of"]) == ("2026-11", clock.now().isoformat())
    [county] = told["items"]
    assert county == {
        "county": "652301",
        "name": "昌吉市",
        "alarms": 4,
        "open": 1,
        "closed": 2,
        "withdrawn": 1,
        "onsite": {
            "met": 1,
            "breached": 2,
            "undetermined": 0,
            "excused": 0,
            "pending": 0,
            "provisional": 2,
            "median_minutes": 50.0,
        },
        "disposal": {
            "met": 2,
            "breached": 1,
            "undetermined": 0,
            "excused": 0,
            "pending": 0,
            "provisional": 1,
            "median_minutes": 85.0,
        },
        "by_kind": {"video": 3, "over_limit": 1},
        "by_cause": {"catering": 2},
    }
    hand.move(days=31)
    assert figures(november).json["items"][0]["onsite"]["provisional"] == 0
    assert figures(november, month="2026-12").json["items"][0]["alarms"] == 1
    empty = figures(november, month="2026-10").json["items"][0]
    assert (empty["alarms"], empty["onsite"]["median_minutes"], empty["by_kind"]) == (0, None, {})


def test_what_was_withdrawn_was_no_alarm_and_what_was_excused_was_one(november: Hands, hand: clock.Frozen) -> None:
    """One answered in time and withdrawn afterwards, one excused."""
    hand.set(MONDAY + timedelta(days=40))
    answered, excused = seen(november, hand), seen(november, hand)
    november.instruct(answered)
    november.field("Aygul", answered, "onsite")
    assert november.office("Erkin", answered, "withdraw", reason="误报").status_code == 200
    november.office("Erkin", excused, "excuse", ground="sandstorm", reason="沙尘")
    assert november.verdicts(answered) == ("met", "excused")
    [county] = figures(november, month="2027-01").json["items"]
    assert (county["alarms"], county["withdrawn"], county["open"], county["by_kind"]) == (2, 1, 1, {"video": 2})
    for name in ("onsite", "disposal"):
        assert (county[name]["met"], county[name]["excused"], county[name]["median_minutes"]) == (0, 1, None)


def test_each_sees_their_part_of_the_tree(november: Hands) -> None:
    def shown(name: str, **query: str) -> list[tuple[str, int]]:
        return [(item["county"], item["alarms"]) for item in figures(november, name, **query).json["items"]]

    assert shown("Erkin") == [("652301", 4), ("652302", 1)]
    assert shown("Erkin", county="652302") == [("652302", 1)]
    assert shown("Xu") == [("652302", 1)]
    for suffix in ("", ".csv", "/causes.csv", ".xlsx"):
        refused = figures(november, "Xu", suffix, county="652301")
        assert (refused.status_code, refused.json["code"]) == (403, "forbidden")
        for name in ("Aygul", "Wang", "Chen", "Guo"):
            assert figures(november, name, suffix).json["code"] == "forbidden", name
    assert figures(november, county="652301001").json["code"] == "not_found"
    for month in ("2026-13", "2026-1", "x", "9999-12"):
        assert figures(november, month=month).json["errors"][0]["path"] == "query.month"


def test_figures_as_a_table(november: Hands) -> None:
    answer = figures(november, suffix=".csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="alarms-2026-11.csv"'
    head, row, rest = answer.data.decode("utf-8-sig").split("\r\n")
    assert head.startswith("县市代码 county,县市 name,月份 month,报警 alarms,在办 open")
    assert row == "652301,昌吉市,2026-11,4,1,2,1,1,2,0,0,0,2,50.0,2,1,0,0,0,1,85.0"
    assert rest == ""
    causes = figures(november, suffix="/causes.csv")
    assert causes.headers["Content-Disposition"] == 'attachment; filename="alarms-causes-2026-11.csv"'
    assert causes.data.decode("utf-8-sig").split("\r\n") == [
        "县市代码 county,县市 name,按 by,项 item,名称 called,报警 alarms",
        "652301,昌吉市,种类 kind,video,视频发现 seen on a camera,3",
        "652301,昌吉市,种类 kind,over_limit,超标 over its limit,1",
        "652301,昌吉市,原因 cause,catering,餐饮油烟 catering fumes,2",
        "",
    ]


def test_figures_as_a_workbook(november: Hands) -> None:
    answer = figures(november, "Erkin", ".xlsx")
    book = load_workbook(BytesIO(answer.data))
    first, words = book.worksheets
    rows = list(first.iter_rows(values_only=True))
    assert [row[:4] for row in rows[1:]] == [("652301", "昌吉市", "2026-11", 4), ("652302", "阜康市", "2026-11", 1)]
    assert dict(zip(rows[0], rows[1], strict=True))["现场按时 onsite.met"] == 1
    assert list(words.iter_rows(values_only=True))[1:] == [
        ("652301", "昌吉市", "种类 kind", "video", "视频发现 seen on a camera", 3),
        ("652301", "昌吉市", "种类 kind", "over_limit", "超标 over its limit", 1),
        ("652301", "昌吉市", "原因 cause", "catering", "餐饮油烟 catering fumes", 2),
        ("652302", "阜康市", "种类 kind", "video", "视频发现 seen on a camera", 1),
    ]


def test_figures_say_what_causes_are_called(november: Hands) -> None:
    causes = figures(november).json["causes"]
    assert (causes["catering"], causes["other"]) == (
        {"zh": "餐饮油烟", "en": "catering fumes"},
        {"zh": "其他", "en": "other"},
    )
