"""Work is judged by the posts and boundaries in force when it was done, or may have been done; not by those of the day
it came."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.auth.models import Post
from backend.core import clock
from backend.core.edge import Application
from backend.grids.publishing import publish
from backend.problems.models import Problem
from sync.client import Client
from tests.backend.cast import IN_A1, VILLAGE_A1, VILLAGE_A2, Member
from tests.backend.grids.story import states
from tests.backend.phones import PhoneClock, phone

NEAR_THE_BORDER = IN_A1 | {"lon": 87.12}
"""In village A2, until its border with A1 moves east to 87.15."""
DUST = {"class": "dust", "note": "未苫盖"}


def end_of_post(app: Application, member: Member) -> None:
    with app.app_context(), app.database.transaction() as session:
        for post in session.scalars(select(Post).where(Post.person_id == member.id)):
            post.valid_to = clock.now()


def restart(aygul: Client, hand: clock.Frozen) -> None:
    """The phone is switched off and on: nothing tells any more how long ago it spoke with the server."""
    aygul.clock = PhoneClock(hand)
    aygul._witness.clock = aygul.clock


@pytest.mark.parametrize("restarted", [False, True])
def test_what_was_done_while_the_post_lasted_counts_when_it_comes_after_its_end(
    app: Application, aygul: Client, cast: dict[str, Member], hand: clock.Frozen, restarted: bool
) -> None:
    hand.move(hours=1)
    if restarted:
        restart(aygul, hand)
    aygul.make("problem.report", DUST, position=IN_A1)
    hand.move(hours=1)
    end_of_post(app, cast["Aygul"])
    hand.move(hours=1)
    assert aygul.push() == {"applied": 1}


def test_what_was_done_after_the_end_of_the_post_does_not_count(
    app: Application, aygul: Client, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    end_of_post(app, cast["Aygul"])
    hand.move(hours=1)
    aygul.make("problem.report", DUST, position=IN_A1)  # attested: an hour after the anchor
    assert aygul.push() == {"rejected": 1}
    [refused] = aygul.problems()
    assert refused.answer
    assert refused.answer["problem"]["code"] == "forbidden"


def test_a_post_that_began_after_the_work_does_not_open_it(
    app: Application, aygul: Client, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    end_of_post(app, cast["Aygul"])
    hand.move(hours=1)
    aygul.make("problem.report", DUST, position=IN_A1)
    hand.move(hours=1)
    with app.app_context(), app.database.transaction() as session:
        [post] = session.scalars(select(Post).where(Post.person_id == cast["Aygul"].id))
        session.add(
            Post(
                person_id=post.person_id,
                role=post.role,
                grid_code=post.grid_code,
                grid_path=post.grid_path,
                grid_name=post.grid_name,
                grid_tier=post.grid_tier,
                valid_from=clock.now() - timedelta(minutes=1),
            )
        )
    assert aygul.push() == {"rejected": 1}


def test_without_an_anchor_the_posts_of_the_receipt_count(
    app: Application, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen
) -> None:
    fresh = phone(app, cast["Aygul"], tmp_path, hand)  # signed in, and heard no anchor yet
    fresh.make("problem.report", DUST, position=IN_A1)
    hand.move(hours=1)
    end_of_post(app, cast["Aygul"])
    hand.move(hours=1)
    assert fresh.push() == {"rejected": 1}
    fresh.close()


@pytest.mark.parametrize("restarted", [False, True])
def test_boundaries_that_changed_while_the_instant_is_in_doubt_are_a_finding(
    app: Application, aygul: Client, hand: clock.Frozen, restarted: bool
) -> None:
    hand.move(hours=1)
    if restarted:
        restart(aygul, hand)
    near = aygul.make("problem.report", DUST, position=NEAR_THE_BORDER)
    far = aygul.make("problem.report", DUST, position=IN_A1)
    hand.move(hours=1)
    with app.app_context(), app.database.transaction() as session:
        publish(session, states(border=87.15), clock.now())
    hand.move(hours=1)
    assert aygul.push() == {"applied": 2}
    with app.database.transaction(write=False) as session:
        there, here = (session.get_one(Problem, uuid.UUID(made.id)) for made in (near, far))
        assert ("boundaries_changed" in there.findings) is restarted
        assert there.grid_path == (VILLAGE_A1 if restarted else VILLAGE_A2)  # where nobody knows, the last word counts
        assert (here.grid_path, "boundaries_changed" in here.findings) == (VILLAGE_A1, False)
