"""A revision waits for its hour, takes effect once and everywhere, and can be taken back before it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.audit.models import AuditEntry
from backend.core import clock
from backend.core.edge import Application
from backend.core.jobs import enrol, run_due
from backend.core.settings import Settings
from backend.grids import publishing, service, turning
from backend.grids.errors import RevisionFollowed, RevisionInForce, RevisionOutdated, RevisionOutOfOrder
from backend.grids.jobs import JOBS
from backend.grids.locating import locate
from backend.grids.models import Boundary, Bundle, Grid, Revision, Succession
from backend.grids.states import GridState
from tests.backend import cast
from tests.backend.cast import MONDAY
from tests.backend.grids.changes import MOVED, MOVED_PATH, village_moved
from tests.backend.grids.story import states
from tests.backend.together import at_once

TUESDAY = MONDAY + timedelta(days=1)
IN_A2 = (87.15, 44.05)


def publish(app: Application, wanted: list[GridState], effective_from: datetime) -> int:
    with app.app_context(), app.database.transaction() as session:
        return publishing.publish(session, wanted, effective_from).number


@pytest.fixture
def announced(app: Application, hand: clock.Frozen) -> int:
    """On Monday at ten, for Tuesday at nine: village A2 goes to county B."""
    hand.move(hours=1)
    return publish(app, village_moved(), TUESDAY)


@pytest.fixture
def other(settings: Settings, app: Application) -> Iterator[Application]:
    """Another server on the same database."""
    made = create_app(settings)
    yield made
    made.database.close()


def run(app: Application) -> None:
    with app.app_context():
        with app.database.transaction() as session:
            enrol(session, JOBS)
        run_due(app.database, JOBS)


def here(app: Application, at: datetime | None = None) -> str:
    with app.app_context(), app.database.transaction(write=False) as session:
        return locate(session, *IN_A2, at=at).path


def codes(session: Session) -> set[str]:
    return set(session.scalars(select(Grid.code)))


def test_what_is_announced_can_be_asked_for_and_changes_nothing_yet(app: Application, announced: int) -> None:
    run(app)
    assert here(app) == cast.VILLAGE_A2
    assert here(app, TUESDAY) == MOVED_PATH
    with app.database.transaction(write=False) as session:
        assert MOVED not in codes(session)
        assert {each.code for each in service.list_grids(session, as_of=TUESDAY)} - codes(session) == {MOVED, "KG01"}
        revision = service.revision_at(session, clock.now())
        assert revision
        assert revision.number == 1


def test_at_its_hour_it_takes_effect_in_every_server(
    app: Application, other: Application, announced: int, hand: clock.Frozen
) -> None:
    assert {here(app), here(other)} == {cast.VILLAGE_A2}
    hand.set(TUESDAY)
    assert {here(app), here(other)} == {cast.VILLAGE_A2}  # nothing is half: locating waits for what lies in the grids
    run(other)
    assert {here(app), here(other)} == {MOVED_PATH}
    assert here(app, TUESDAY - timedelta(seconds=1)) == cast.VILLAGE_A2
    with app.database.transaction(write=False) as session:
        assert MOVED in codes(session)


@pytest.mark.only_on("postgresql")
def test_two_workers_turn_once(app: Application, other: Application, announced: int, hand: clock.Frozen) -> None:
    hand.set(TUESDAY)

    def turn(server: Application) -> None:
        with server.app_context(), server.database.transaction() as session:
            turning.turn_due(session)

    at_once(*[lambda server=server: turn(server) for server in (app, other) * 2])
    with app.database.transaction(write=False) as session:
        turned = select(func.count()).where(AuditEntry.action == "grids.turn")
        assert session.scalar(turned) == 1
        assert session.scalar(select(func.count()).where(AuditEntry.action == "post.move")) == 1


def test_a_crash_while_turning_leaves_the_old_boundaries_and_the_hour_due(
    app: Application, announced: int, hand: clock.Frozen
) -> None:
    hand.set(TUESDAY)
    with patch("backend.grids.turning.follow", side_effect=OSError):
        run(app)
    assert here(app) == cast.VILLAGE_A2
    with app.database.transaction(write=False) as session:
        assert MOVED not in codes(session)
    hand.move(seconds=2)
    run(app)
    assert here(app) == MOVED_PATH


def test_withdrawn_before_its_hour_it_never_was(app: Application, announced: int, hand: clock.Frozen) -> None:
    with app.app_context(), app.database.transaction() as session:
        publishing.withdraw(session, session.get_one(Revision, announced))
    hand.set(TUESDAY)
    run(app)
    assert here(app) == here(app, TUESDAY + timedelta(days=1)) == cast.VILLAGE_A2
    with app.database.transaction(write=False) as session:
        assert MOVED not in codes(session)
        assert session.scalars(select(Boundary).where(Boundary.valid_to.is_not(None))).all() == []
        assert session.scalars(select(Bundle)).all() == session.scalars(select(Succession)).all() == []
    assert publish(app, states(border=87.15), clock.now()) == announced + 1  # its number is not given again


def test_what_is_in_force_or_built_upon_is_not_withdrawn(app: Application, announced: int, hand: clock.Frozen) -> None:
    second = publish(app, [*village_moved()], TUESDAY + timedelta(days=1))
    with app.app_context(), app.database.transaction() as session:
        with pytest.raises(RevisionFollowed):
            publishing.withdraw(session, session.get_one(Revision, announced))
        publishing.withdraw(session, session.get_one(Revision, second))
    hand.set(TUESDAY)
    with app.app_context(), app.database.transaction() as session, pytest.raises(RevisionInForce):
        publishing.withdraw(session, session.get_one(Revision, announced))


def test_nothing_takes_effect_before_what_was_published_last(app: Application, announced: int) -> None:
    with pytest.raises(RevisionOutOfOrder) as refused:
        publish(app, village_moved(), clock.now())
    assert refused.value.facts == {"after": TUESDAY.isoformat()}


def test_what_was_checked_upon_other_boundaries_is_not_published(app: Application, hand: clock.Frozen) -> None:
    hand.move(hours=1)
    with app.app_context(), app.database.transaction(write=False) as session:
        base = publishing.last(session)
    mine, theirs = (publishing.prepare(base, states(border=border)) for border in (87.12, 87.15))

    def put(prepared: publishing.Prepared) -> int:
        with app.app_context(), app.database.transaction() as session:
            return publishing.put(session, prepared, clock.now()).number

    assert put(mine) == 2
    hand.move(hours=1)
    with pytest.raises(RevisionOutdated) as refused:
        put(theirs)
    assert refused.value.facts == {"base": 1, "last": 2}


@pytest.mark.only_on("postgresql")
def test_of_two_who_publish_at_once_one_is_told(app: Application, other: Application, hand: clock.Frozen) -> None:
    hand.move(hours=1)
    with app.app_context(), app.database.transaction(write=False) as session:
        prepared = publishing.prepare(publishing.last(session), states(border=87.12))
    told: list[str] = []

    def put(server: Application) -> None:
        with server.app_context(), server.database.transaction() as session:
            try:
                told.append(f"revision {publishing.put(session, prepared, clock.now()).number}")
            except RevisionOutdated as refused:
                told.append(refused.code)

    at_once(*[lambda server=server: put(server) for server in (app, other)])
    assert sorted(told) == ["revision 2", "revision_outdated"]
