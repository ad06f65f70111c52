"""Changes of posts in the counties are put on record with the prefecture (备案, CJ-1e)."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from backend.audit.models import AuditEntry
from backend.auth import people
from backend.auth.models import Person, Post
from backend.core import clock
from backend.core.edge import Application
from tests.backend.cast import COUNTY_A, PREFECTURE, TOWNSHIP_A, VILLAGE_A1, Member, place
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]


@pytest.fixture
def changed(app: Application, cast: dict[str, Member], hand: clock.Frozen) -> None:
    """A day after the cast took office, Aygul becomes the township's reviewer, and leaves her village in an hour."""
    hand.move(days=1)
    with app.app_context(), app.database.transaction() as session:
        aygul = session.get_one(Person, cast["Aygul"].id)
        [post] = session.scalars(select(Post).where(Post.person_id == aygul.id))
        people.appoint(session, aygul, "reviewer", place(TOWNSHIP_A), by=cast["Ding"].id)
        people.appoint(session, aygul, "officer", place(PREFECTURE))
        hand.move(minutes=1)
        people.dismiss(session, post, at=clock.now() + timedelta(hours=1))
        people.carry_on(session, post, place(VILLAGE_A1), clock.now())


def entries(caller: Caller, query: str = "") -> list[tuple[str, str, str]]:
    answer = caller.get(f"/filings{query}")
    assert answer.status_code == 200, answer.text
    return [(one["change"], one["post"]["person"]["name"], one["post"]["role"]) for one in answer.json["items"]]


TODAY = "since=2026-11-24T00:00:00Z"
NEW = [("dismiss", "Aygul", "supervisor"), ("appoint", "Aygul", "reviewer")]


def test_each_change_in_a_county_is_an_entry_of_those_above(call: Call, changed: None) -> None:
    for reader in ("Ding", "Erkin", "Guo"):
        assert entries(call(reader), f"?{TODAY}") == NEW, reader
    ding = call("Ding")
    assert entries(ding, f"?{TODAY}&change=dismiss") == NEW[:1]
    assert entries(ding, f"?{TODAY}&grid=652301001001") == NEW[:1]
    assert len(entries(ding)) == 2 + 4  # who took office before
    before = entries(ding, "?until=2026-11-24T00:00:00Z")
    assert sorted(name for _, name, _ in before) == ["Aygul", "Bahar", "Chen", "Ding"]
    [first, second] = ding.get(f"/filings?{TODAY}").json["items"]
    assert (first["effective_at"], first["state"]) == ("2026-11-24T02:01:00+00:00", "pending")
    assert second["recorded_by"] == str(call("Ding").member.id)


def test_outsiders_learn_nothing_and_file_nothing(call: Call, changed: None) -> None:
    ids = [one["id"] for one in call("Ding").get(f"/filings?{TODAY}").json["items"]]
    assert entries(call("Xu"), f"?{TODAY}") == []
    assert call("Xu").get("/filings.csv").text.count("\n") == 1 + 3
    for outsider in ("Bahar", "Wang", "Yang"):
        assert call(outsider).get("/filings").json["needs_role"] == ["dispatcher", "officer", "administrator"]
        assert call(outsider).get("/filings.csv").json["code"] == "forbidden"
    for outsider in ("Ding", "Xu", "Wang", "Guo"):
        assert call(outsider).post("/filings/file", {"ids": ids}).json["needs_role"] == ["officer"]
    assert entries(call("Ding"), f"?{TODAY}&state=pending") == NEW


def test_the_prefecture_files_all_of_them_or_none_and_each_once(
    app: Application, call: Call, cast: dict[str, Member], changed: None
) -> None:
    erkin = call("Erkin")
    first, second = (one["id"] for one in erkin.get(f"/filings?{TODAY}").json["items"])
    assert erkin.post(
        "/filings/file", {"ids": [first, first], "on": "2026-11-20", "note": "昌州环〔2026〕7号"}
    ).json == {"filed": 1}
    assert erkin.post("/filings/file", {"ids": [second, str(cast["Aygul"].id)]}).json["code"] == "not_found"
    again = erkin.post("/filings/file", {"ids": [first, second]})
    assert (again.status_code, again.json["code"], again.json["ids"]) == (409, "already_filed", [first])
    assert erkin.post("/filings/file", {"ids": []}).json["code"] == "invalid"
    assert entries(erkin, f"?{TODAY}&state=filed") == NEW[:1]
    [filed] = erkin.get("/filings?state=filed").json["items"]
    assert (filed["filed_on"], filed["filed_by"]) == ("2026-11-20", str(cast["Erkin"].id))
    assert filed["note"] == "昌州环〔2026〕7号"
    assert erkin.post("/filings/file", {"ids": [second]}).json == {"filed": 1}
    assert [one["filed_on"] for one in erkin.get("/filings?state=filed").json["items"]] == ["2026-11-20", "2026-11-24"]
    with app.database.transaction(write=False) as session:
        audited = session.scalars(select(AuditEntry).where(AuditEntry.action == "filing.file"))
        assert [(one.person_id, one.subject_id) for one in audited] == [
            (cast["Erkin"].id, first),
            (cast["Erkin"].id, second),
        ]


def test_as_a_table(call: Call, changed: None) -> None:
    book = load_workbook(BytesIO(call("Ding").get(f"/filings.xlsx?{TODAY}").data))
    head, *rows = book.active.iter_rows(values_only=True)
    assert head[:2] == ("变更 change", "姓名 name")
    assert [row[:9] for row in rows] == [
        ("免去", "Aygul", "supervisor", "是", "红星社区", "652301001001", "2026-11-24 10:01", "待备案", None),
        ("任命", "Aygul", "reviewer", None, "宁边路街道", "652301001", "2026-11-24 09:00", "待备案", None),
    ]
    text: Any = call("Ding").get(f"/filings.csv?{TODAY}").data.decode("utf-8-sig")
    assert text.splitlines()[1].startswith("免去,Aygul,supervisor")


def test_a_post_of_the_county_itself_counts_too(
    app: Application, call: Call, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    hand.move(minutes=1)
    with app.app_context(), app.database.transaction() as session:
        people.appoint(session, session.get_one(Person, cast["Chen"].id), "dispatcher", place(COUNTY_A))
    assert entries(call("Erkin"))[0] == ("appoint", "Chen", "dispatcher")
