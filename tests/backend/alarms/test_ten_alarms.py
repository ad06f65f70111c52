"""Ten alarms, every kind of ending: docs/ten-alarms.md is the test."""

import pytest

from tests.backend.alarms.conftest import Hands
from tests.backend.alarms.ten_alarms import Play, results, stories

STORIES, RESULTS = stories(), results()


def test_every_alarm_has_a_result() -> None:
    assert list(STORIES) == list(RESULTS) == list(range(1, 11))


@pytest.mark.parametrize("number", STORIES)
def test_what_became_of_it(hands: Hands, number: int) -> None:
    play = Play(hands)
    play.run(STORIES[number])
    assert play.outcome() == RESULTS[number]
