"""A picture that was used before: the very same one, or one that looks like it."""

import hashlib
import io
import uuid
from collections.abc import Callable

import pytest
from PIL import Image
from sqlalchemy import delete, select

from backend.core import clock
from backend.core.edge import Application
from backend.core.ids import new_id
from backend.core.jobs import enrol, run_due
from backend.evidence import likeness, service
from backend.evidence.models import Photo, PhotoLikeness
from media.draw import draw
from tests.backend.cast import MONDAY, VILLAGE_A1, Member
from tests.backend.conftest import Caller
from tests.backend.test_evidence import DEVICE, act_of, promised, receive

Call = Callable[[str], Caller]
HEAP = draw(1, size=60_000, taken_at=MONDAY, lon=87.05, lat=44.05)
OTHER = draw(9, size=60_000, taken_at=MONDAY, lon=87.05, lat=44.05)


def through_a_messenger(data: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.resize((image.width // 2, image.height // 2)).save(out, "JPEG", quality=45)
    return out.getvalue()


AGAIN = through_a_messenger(HEAP)
NIGHT = io.BytesIO()
Image.new("RGB", (400, 300), "black").save(NIGHT, "JPEG")


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def reported(app: Application, member: Member, data: bytes, village: str, device_id: uuid.UUID = DEVICE) -> uuid.UUID:
    """A record with this picture, sent from the phone."""
    record_id = new_id()
    with app.database.transaction() as session:
        service.promise(session, act_of(member, device_id), [promised(data)], "problems", record_id, village)
    receive(app, data, device_id)
    return record_id


def compare(app: Application) -> int:
    with app.app_context(), app.database.transaction() as session:
        return likeness.compare(session)


def likenesses(app: Application) -> set[tuple[str, str]]:
    with app.database.transaction(write=False) as session:
        return {(row.sha256, row.earlier) for row in session.scalars(select(PhotoLikeness))}


@pytest.fixture
def used(app: Application, cast: dict[str, Member], hand: clock.Frozen) -> list[uuid.UUID]:
    """Aygul reports a heap; a week later the same picture, sent through a messenger; and Wang of another county has
    got it, too."""
    aygul, wang = cast["Aygul"], cast["Wang"]
    first = reported(app, aygul, HEAP, VILLAGE_A1)
    reported(app, aygul, OTHER, VILLAGE_A1)
    assert compare(app) == 2
    hand.move(days=7)
    second = reported(app, aygul, AGAIN, VILLAGE_A1)
    hand.move(days=1)
    third = reported(app, wang, HEAP, wang.grid_path, uuid.uuid4())
    assert compare(app) == 1
    return [first, second, third]


def test_a_reviewer_sees_by_whom_and_when_a_picture_was_used(
    used: list[uuid.UUID], call: Call, cast: dict[str, Member]
) -> None:
    for data in (HEAP, AGAIN):
        found = call("Chen").get(f"/photos/{sha(data)}/uses").json
        assert [(use["record_id"], use["sha256"]) for use in found["items"]] == [
            (str(used[0]), sha(HEAP)),
            (str(used[1]), sha(AGAIN)),
        ]
        assert {use["person_id"] for use in found["items"]} == {str(cast["Aygul"].id)}
        assert found["elsewhere"] == 1
        assert [use["bits"] == 0 for use in found["items"]] == [use["sha256"] == sha(data) for use in found["items"]]
    officer = call("Erkin").get(f"/photos/{sha(HEAP)}/uses").json
    assert [use["record_id"] for use in officer["items"]] == [str(each) for each in used]
    assert officer["elsewhere"] == 0
    alone = call("Chen").get(f"/photos/{sha(OTHER)}/uses").json
    assert ([use["sha256"] for use in alone["items"]], alone["elsewhere"]) == ([sha(OTHER)], 0)


def test_strangers_learn_nothing_of_its_uses(used: list[uuid.UUID], call: Call) -> None:
    for outsider in ("Bahar", "Fang", "Guo", "Yang"):
        answer = call(outsider).get(f"/photos/{sha(AGAIN)}/uses")
        assert (answer.status_code, answer.json["code"]) == (404, "not_found"), outsider


def test_those_of_one_turn_are_compared_with_each_other_and_nights_with_nothing(
    app: Application, cast: dict[str, Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    dark = NIGHT.getvalue()
    for data in (HEAP, AGAIN, dark, through_a_messenger(dark)):
        reported(app, cast["Aygul"], data, VILLAGE_A1)
    monkeypatch.setattr(likeness, "AT_ONCE", 3)
    assert [compare(app), compare(app), compare(app)] == [3, 1, 0]
    with app.database.transaction(write=False) as session:
        numbers = session.scalars(select(Photo.number).order_by(Photo.number)).all()
    assert numbers == [1, 2, 3, 4]
    assert {frozenset(pair) for pair in likenesses(app)} == {frozenset({sha(HEAP), sha(AGAIN)})}


def test_a_turn_that_fails_is_taken_again_and_another_process_goes_on(
    app: Application, cast: dict[str, Member]
) -> None:
    reported(app, cast["Aygul"], HEAP, VILLAGE_A1)
    with app.app_context(), app.database.transaction() as session:
        likeness.compare(session)
        session.rollback()
    assert (compare(app), compare(app)) == (1, 0)
    with app.app_context():
        likeness.install(app)  # as a worker that has just started
    reported(app, cast["Aygul"], AGAIN, VILLAGE_A1)
    with app.app_context():
        with app.database.transaction() as session:
            enrol(session, likeness.JOBS)
        assert run_due(app.database, likeness.JOBS) == 1
    assert likenesses(app) == {(sha(AGAIN), sha(HEAP))}


def test_who_is_given_the_number_of_a_picture_that_was_taken_away_does_not_look_like_it(app: Application) -> None:
    other_again = through_a_messenger(OTHER)
    for data in (HEAP, NIGHT.getvalue()):
        receive(app, data)
        assert compare(app) == 1
    with app.database.transaction() as session:
        session.execute(delete(Photo))  # as the newest ones are retired, which nobody promised
    for data in (OTHER, AGAIN, other_again):
        receive(app, data)
        assert compare(app) == 1
    assert likenesses(app) == {(sha(other_again), sha(OTHER))}
