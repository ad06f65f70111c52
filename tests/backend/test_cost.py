"""What a pull and a push cost in statements: these numbers, not seconds, are what a county's slow disk multiplies."""

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import event, select, update

from backend.auth.models import Post
from backend.catalog import TABLES, on_pictures
from backend.core import clock
from backend.core.database import hold
from backend.core.edge import Application
from backend.evidence import retiring, shelf
from backend.evidence.arrivals import ExaminingStore
from backend.problems.models import Problem
from backend.sources.models import Source
from sync.client import Client
from sync.client_pictures import Picture
from tests.backend.cast import IN_A1, Member
from tests.backend.patrols.conftest import source


@contextmanager
def read_tables(app: Application) -> Iterator[Counter[str]]:
    """How often each table was the first of a SELECT."""
    counted: Counter[str] = Counter()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        words = statement.split()
        if words[0] == "SELECT" and "FROM" in words:
            counted[words[words.index("FROM") + 1]] += 1

    event.listen(app.database.engine, "before_cursor_execute", note)
    yield counted
    event.remove(app.database.engine, "before_cursor_execute", note)


@pytest.fixture
def yard(app: Application) -> str:
    with app.app_context(), app.database.transaction() as session:
        return str(source(session, "material yard").id)


def statements_of_a_push(app: Application, aygul: Client, yard: str, reports: int) -> Counter[str]:
    for number in range(reports):
        said = {"class": "dust", "note": str(number), "source_id": yard}
        aygul.make("problem.report", said, position=IN_A1)
    with read_tables(app) as counted:
        assert aygul.push() == {"applied": reports}
    return counted


def test_a_push_reads_posts_sources_and_its_own_records_no_more_often_for_more_operations(
    app: Application, aygul: Client, yard: str
) -> None:
    statements_of_a_push(app, aygul, yard, 1)  # whatever is read once in a process
    few = statements_of_a_push(app, aygul, yard, 2)
    many = statements_of_a_push(app, aygul, yard, 20)
    for table in ("posts", "sources", "problems"):
        assert many[table] == few[table], table


def test_a_pull_without_news_takes_two_statements(app: Application, aygul: Client) -> None:
    with read_tables(app) as counted:
        assert aygul.pull() == 0
    assert counted.total() == 2, counted  # who is asking; is there anything to tell


def test_a_pull_without_news_takes_one_connection(app: Application, aygul: Client) -> None:
    taken: list[object] = []
    event.listen(app.database.engine, "checkout", lambda *of: taken.append(of))
    assert aygul.pull() == 0
    assert len(taken) == 1


def test_a_pull_with_news_lists_no_pictures_where_none_is_awaited(app: Application, aygul: Client, yard: str) -> None:
    with read_tables(app) as counted:
        assert aygul.pull() > 0  # the yard
    assert counted["photo_promises"] == 0


def test_a_held_record_is_not_read_again(app: Application, yard: str) -> None:
    with app.app_context(), app.database.transaction() as session, read_tables(app) as counted:
        for _ in range(3):
            hold(session, session.get_one(Source, uuid.UUID(yard)))
    assert counted["sources"] == 1


def test_what_nobody_holds_is_read_again(app: Application, yard: str) -> None:
    """Else the test above would show nothing."""
    with app.app_context(), app.database.transaction() as session, read_tables(app) as counted:
        for _ in range(3):
            session.get_one(Source, uuid.UUID(yard))
    assert counted["sources"] == 3


def test_a_post_that_ends_between_two_pushes_no_longer_opens_anything(
    app: Application, aygul: Client, yard: str, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    """Posts are read once a transaction, not once a process."""
    statements_of_a_push(app, aygul, yard, 1)
    with app.app_context(), app.database.transaction() as session:
        for post in session.scalars(select(Post).where(Post.person_id == cast["Aygul"].id)):
            post.valid_to = clock.now()
    hand.move(minutes=1)
    aygul.pull()  # a new anchor: the work is proved to be later than the end of the post
    aygul.make("problem.report", {"class": "dust", "note": "late"}, position=IN_A1)
    assert aygul.push() == {"rejected": 1}


def test_pictures_that_come_together_write_their_records_once(app: Application, aygul: Client, yard: str) -> None:
    sent = [[Picture(f"{report}, {number}".encode()) for number in range(3)] for report in "abc"]
    for pictures in sent:
        said = {"class": "dust", "note": "a heap", "source_id": yard}
        aygul.make("problem.report", said, position=IN_A1, pictures=pictures)
    assert aygul.push() == {"applied": 3}
    with app.app_context():
        store = ExaminingStore(shelf.store(), partial(retiring.life_of, app.database))
    seen = [store.put(one.sha256, [one.content], len(one.content)) for pictures in sent for one in pictures]
    device, before = uuid.UUID(aygul.session.device["id"]), versions(app)
    with read_tables(app) as counted, app.database.transaction() as session:
        on_pictures(session, {(device, each.sha256): each for each in seen})
    assert versions(app) == [version + 1 for version in before]
    assert counted["problems"] <= 2  # read, and on PostgreSQL locked when it is written
    aygul.pull()
    assert {photo["state"] for one in aygul.copy.records("problems").values() for photo in one["photos"]} == {"stored"}


def versions(app: Application) -> list[int]:
    with app.database.transaction(write=False) as session:
        return list(session.scalars(select(Problem.version).order_by(Problem.id)))


def test_a_pull_without_news_is_at_most_400_bytes(app: Application, aygul: Client) -> None:
    """Of a phone that says what time it is and how its boot is called, and whose person's work was reviewed."""
    aygul.make("problem.report", {"class": "dust", "note": "a heap"}, position=IN_A1)
    aygul.sync()
    with app.database.transaction() as session:
        session.execute(update(TABLES.devices).values(reviewed=12))
    aygul.clock._wall_error = timedelta(seconds=-31)
    answer = aygul.session.request("GET", "/sync/pull", params={"cursor": aygul.copy.cursor})
    assert (answer.json()["changes"], answer.json()["reviewed"]) == ([], 12)
    assert len(answer.content) <= 400, answer.content
    assert len(answer.request.headers["Xunge-Boot"]) == 36
    assert "Xunge-Wall" in answer.request.headers
