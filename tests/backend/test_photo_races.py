"""A promise and what happens to its picture at the same moment: the bytes arrive, or are just being taken away.

The two stand still in turn, each with its transaction open, while the other comes: it must wait for the first one's
end. Each story fails where `possession.lock` does nothing.
"""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend import exchange
from backend.core import clock
from backend.core.edge import Application
from backend.core.ids import new_id
from backend.evidence import possession, retiring, service, shelf
from backend.evidence.act import Act
from backend.evidence.arrivals import ExaminingStore
from backend.evidence.examination import Examined
from backend.evidence.models import Photo
from sync.catalog import Device
from sync.upload_endings import Displaced
from sync.uploads import Uploads
from tests.backend.cast import VILLAGE_A1, Member
from tests.backend.test_evidence import DEVICE, NOISE, NOISE_SHA, act_of, promised
from tests.waiting import wait_for

WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
PATIENCE_S = 30
Work = Callable[[Session], object]


def promise(cast: dict[str, Member]) -> Work:
    """What a push does with a report that promises NOISE."""
    act = act_of(cast["Aygul"])

    def work(session: Session) -> None:
        service.foresee(session, {act.operation_id or new_id(): (DEVICE, [promised(NOISE)])})
        service.promise(session, act, [promised(NOISE)], "visits", new_id(), VILLAGE_A1)

    return work


def put(app: Application, place: int | None = None) -> Examined:
    with app.app_context():
        store = ExaminingStore(shelf.store(), partial(retiring.life_of, app.database))
    return store.put(NOISE_SHA, [NOISE], len(NOISE), place)


def arrive(app: Application, place: int | None = None) -> Work:
    """What the end of an upload does, whose bytes are in the store."""
    seen = put(app, place)

    def work(session: Session) -> None:
        row = {"id": uuid.uuid4(), "device_id": DEVICE, "sha256": NOISE_SHA, "size": len(NOISE), "media_type": "x/y"}
        row |= {"offset": len(NOISE), "epoch": 0, "stored": True, "expires_at": clock.now()}
        session.execute(sa.insert(possession.UPLOAD_TABLES.upload).values(row))
        service.keep(session, {(DEVICE, NOISE_SHA): seen})

    return work


def in_turn(app: Application, first: Work, second: Work) -> None:
    """`second` begins while the transaction of `first` is open, and goes as far as it gets before that ends."""
    begun, go_on = threading.Event(), threading.Event()

    def stand_still(work: Work) -> None:
        with app.database.transaction() as session:
            work(session)
            session.flush()
            begun.set()
            assert go_on.wait(PATIENCE_S)

    def run(work: Work) -> None:
        with app.database.transaction() as session:
            work(session)

    with ThreadPoolExecutor(2) as hands:
        standing = hands.submit(stand_still, first)
        assert begun.wait(PATIENCE_S)
        coming = hands.submit(run, second)
        wait_for(lambda: coming.done() or waits(app))
        go_on.set()
        standing.result(PATIENCE_S)
        coming.result(PATIENCE_S)


def waits(app: Application) -> bool:
    with app.database.glance() as connection:
        return bool(connection.scalar(WAITING))


def awaited(app: Application) -> list[str]:
    with app.database.transaction(write=False) as session:
        return service.awaited(session, DEVICE)


def kept(app: Application) -> bool:
    """The picture is known, and its bytes are where it says."""
    with app.app_context(), app.database.transaction(write=False) as session:
        photo = session.get(Photo, NOISE_SHA)
        return photo is not None and shelf.store().exists(NOISE_SHA, life=photo.life)


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("promise_first", [True, False])
def test_a_promise_does_not_miss_bytes_that_arrive_at_the_same_moment(
    app: Application, cast: dict[str, Member], promise_first: bool
) -> None:
    works = [promise(cast), arrive(app)]
    in_turn(app, *(works if promise_first else works[::-1]))
    assert (awaited(app), kept(app)) == ([], True)


@pytest.fixture
def unwanted(app: Application, hand: clock.Frozen) -> Work:
    """NOISE came a week ago, nobody promised it, and now it is forgotten."""
    with app.database.transaction() as session:
        arrive(app)(session)
    hand.move(days=8)

    def work(session: Session) -> None:
        session.execute(sa.delete(possession.UPLOAD_TABLES.upload))
        retiring.retire(session, {NOISE_SHA})

    return work


def take_away(app: Application) -> None:
    with app.app_context():
        retiring.take_away(app.database, shelf.store())


@pytest.mark.only_on("postgresql")
def test_a_promise_that_was_first_keeps_the_bytes(app: Application, cast: dict[str, Member], unwanted: Work) -> None:
    in_turn(app, promise(cast), unwanted)
    take_away(app)
    assert (awaited(app), kept(app)) == ([], True)


@pytest.mark.only_on("postgresql")
def test_a_promise_that_was_second_asks_for_the_bytes(
    app: Application, cast: dict[str, Member], unwanted: Work
) -> None:
    in_turn(app, unwanted, promise(cast))
    take_away(app)
    assert (awaited(app), kept(app)) == ([NOISE_SHA], False)
    with app.database.transaction() as session:
        arrive(app, retiring.life_of(app.database, NOISE_SHA))(session)
    assert (awaited(app), kept(app)) == ([], True)


@pytest.mark.only_on("postgresql")
def test_bytes_that_come_while_they_are_given_up_are_put_again(app: Application, unwanted: Work) -> None:
    with pytest.raises(Displaced) as displaced:
        in_turn(app, unwanted, arrive(app))
    take_away(app)
    with app.database.transaction() as session:
        arrive(app, displaced.value.place)(session)
    assert kept(app)


def test_bytes_that_come_again_are_put_once_more_and_lie_in_one_life_only(
    app: Application, cast: dict[str, Member], unwanted: Work
) -> None:
    """The first life is tried first: what was put there in vain is taken away like what lay there before."""
    with app.database.transaction() as session:
        unwanted(session)
    take_away(app)
    uploads: Uploads = app.extensions["xunge.uploads"]
    assert uploads.begin_with(Device(DEVICE, cast["Aygul"].id), NOISE_SHA, len(NOISE), "x/y", [NOISE]).stored
    take_away(app)
    with app.app_context():
        assert [shelf.store().exists(NOISE_SHA, life=life) for life in range(3)] == [False, True, False]
    assert kept(app)


ROUNDS = 15


def test_whoever_is_first_a_promised_picture_is_here_or_asked_for(
    app: Application, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    """Promise, arrival from another device and expiry all begin at the same moment, again and again."""
    uploads: Uploads = app.extensions["xunge.uploads"]
    for number in range(ROUNDS):
        content = b"no picture, number %d" % number
        sha256 = promised(content)["sha256"]
        uploads.begin_with(Device(DEVICE, cast["Aygul"].id), sha256, len(content), "x/y", [content])
        hand.move(days=8)
        act, start = act_of(cast["Aygul"]), threading.Barrier(3, timeout=PATIENCE_S)

        def push(act: Act = act, content: bytes = content, start: threading.Barrier = start) -> None:
            start.wait()
            with app.database.transaction() as session:
                service.promise(session, act, [promised(content)], "visits", new_id(), VILLAGE_A1)

        def send(sha256: str = sha256, content: bytes = content, start: threading.Barrier = start) -> None:
            start.wait()
            wangs = Device(uuid.uuid4(), cast["Wang"].id)
            uploads.begin_with(wangs, sha256, len(content), "x/y", [content])

        def expire(start: threading.Barrier = start) -> None:
            start.wait()
            with app.app_context():
                exchange.expire_uploads()

        with ThreadPoolExecutor(3) as hands:
            for done in [hands.submit(work) for work in (push, send, expire)]:
                done.result(PATIENCE_S)
        with app.app_context(), app.database.transaction(write=False) as session:
            photo = session.get_one(Photo, sha256)  # Wang's is not a week old
            with shelf.store().open(sha256, life=photo.life) as file:
                assert file.read() == content
