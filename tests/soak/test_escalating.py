"""Twenty episodes; `make soak` goes on to two hundred."""

from pathlib import Path

from tests.soak.escalating import AT_ONCE, escalating
from tests.soak.test_killing import folder
from tests.soak.town import Template

EPISODES = 20


def test_each_step_is_taken_once_by_workers_that_are_killed(town_template: Template, tmp_path: Path) -> None:
    with escalating(town_template, folder(tmp_path), seed=1) as story:
        for _ in range(EPISODES // AT_ONCE):
            story.round()
        story.check()
