"""Boundaries published on top of the cast's own."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from backend.core import clock
from backend.core.edge import Application
from backend.grids.models import Revision
from backend.grids.publishing import publish
from backend.grids.states import GridState
from tests.backend.grids.story import states

Publish = Callable[[list[GridState]], int]


@pytest.fixture
def revise(app: Application, hand: clock.Frozen) -> Publish:
    """Publish boundaries an hour later, in force from then; returns the revision's number."""

    def revise(wanted: list[GridState]) -> int:
        hand.move(hours=1)
        with app.app_context(), app.database.transaction() as session:
            revision: Revision = publish(session, wanted, clock.now())
        hand.move(seconds=1)
        return revision.number

    return revise


@pytest.fixture
def moved(revise: Publish) -> timedelta:
    """The border between A1 and A2 moved east to 87.15, an hour after Monday nine o'clock: how long after."""
    assert revise(states(border=87.15)) == 2
    return timedelta(hours=1)
