"""Five rounds; `make soak` goes on to two hundred."""

from pathlib import Path

import pytest

from tests.soak.killing import killing
from tests.soak.town import Template

ROUNDS = 5


def test_nothing_is_lost_or_doubled_by_kill_9(town_template: Template, tmp_path: Path) -> None:
    with killing(town_template, folder(tmp_path), seed=1) as story:
        for _ in range(ROUNDS):
            story.round(story.kill)
        story.check()


@pytest.mark.only_on("postgresql")  # the other database is a part of the server
def test_nothing_is_lost_or_doubled_by_a_database_that_hangs_up(town_template: Template, tmp_path: Path) -> None:
    with killing(town_template, folder(tmp_path), seed=2) as story:
        for _ in range(ROUNDS):
            story.round(story.cut_off_from_the_database)
        story.check()


def folder(tmp_path: Path) -> Path:
    """The town removes it at its end."""
    made = tmp_path / "town"
    made.mkdir()
    return made
