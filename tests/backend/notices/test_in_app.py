"""People are told, read it, and see nobody else's."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest

from backend.auth import people
from backend.auth.models import Person, Post
from backend.core import clock
from backend.core.edge import Application
from backend.notices import service
from backend.notices.models import Notice
from backend.notices.records import records, scope_keys
from tests.backend import cast as story
from tests.backend.cast import MONDAY, Member
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]


def tell(app: Application, *people: Member, about: uuid.UUID | None = None) -> list[Notice]:
    subject = ("problems", about) if about else None
    with app.database.transaction() as session:
        return service.notify(
            session, [member.id for member in people], "problem.assign", "问题", "A problem", subject=subject
        )


def test_aygul_is_told_and_reads_it_once(
    app: Application, call: Call, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    about = uuid.uuid4()
    [notice] = tell(app, cast["Aygul"], about=about)
    aygul = call("Aygul")
    [shown] = aygul.get("/notices").json["items"]
    assert shown["title"] == {"zh": "问题", "en": "A problem"}
    assert shown["subject"] == {"collection": "problems", "id": str(about)}
    assert (shown["kind"], shown["read_at"]) == ("problem.assign", None)
    hand.move(minutes=5)
    first = aygul.post(f"/notices/{notice.id}/read").json
    hand.move(minutes=5)
    again = aygul.post(f"/notices/{notice.id}/read").json
    assert first["read_at"] == again["read_at"] == (MONDAY + timedelta(minutes=5)).isoformat()
    assert aygul.get("/notices?unread=true").json["items"] == []
    assert len(aygul.get("/notices").json["items"]) == 1


@pytest.mark.parametrize("outsider", ["Bahar", "Ding", "Guo", "Wang"])
def test_nobody_else_sees_or_reads_ayguls_notice(
    app: Application, call: Call, cast: dict[str, Member], outsider: str
) -> None:
    [notice] = tell(app, cast["Aygul"])
    other = call(outsider)
    assert other.get("/notices").json == {"items": [], "next": None}
    assert other.post(f"/notices/{notice.id}/read").status_code == 404
    assert scope_keys(notice) == {f"person:{cast['Aygul'].id}"}


def test_who_is_named_twice_is_told_once(app: Application, cast: dict[str, Member]) -> None:
    aygul, bahar = cast["Aygul"], cast["Bahar"]
    with app.database.transaction() as session:
        told = service.notify(session, [aygul.id, None, bahar.id, aygul.id], "x", "一", "one", body={"n": 1})
        assert [notice.person_id for notice in told] == [aygul.id, bahar.id]
        assert [record["body"] for record in records(session, told)] == [{"n": 1}] * 2


def test_pages_follow_each_other_newest_first(
    app: Application, call: Call, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    sent = []
    for _ in range(5):
        hand.move(seconds=1)
        sent += [str(notice.id) for notice in tell(app, cast["Aygul"])]
    aygul, seen, cursor = call("Aygul"), [], ""
    while cursor is not None:
        page = aygul.get(f"/notices?limit=2{cursor and f'&cursor={cursor}'}").json
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == sent[::-1]
    assert aygul.get("/notices?cursor=rubbish").status_code == 422


def test_signing_in_comes_first(app: Application) -> None:
    assert app.test_client().get("/api/v1/notices").json["code"] == "token_invalid"


def test_people_in_post_are_found_upwards_nearest_first(app: Application, cast: dict[str, Member]) -> None:
    with app.database.transaction() as session:
        chief = people.add_person(session, "Hua")
        people.appoint(session, chief, "reviewer", story.place(story.COUNTY_A), since=MONDAY - timedelta(days=1))

        def found(role: str, path: str, after_minutes: int = 0) -> list[uuid.UUID]:
            return people.people_in_post(session, role, path, MONDAY + timedelta(minutes=after_minutes))

        assert found("reviewer", story.VILLAGE_A1) == [cast["Chen"].id, chief.id]
        assert found("reviewer", story.VILLAGE_B1) == [cast["Yang"].id]
        assert found("supervisor", story.TOWNSHIP_A) == []
        assert found("reviewer", story.COUNTY_A, -1) == [chief.id]
        people.dismiss(session, session.query(Post).filter_by(person_id=cast["Chen"].id).one())
        session.get_one(Person, chief.id).disabled_at = clock.now()
        session.flush()
        assert found("reviewer", story.VILLAGE_A1, 1) == []
