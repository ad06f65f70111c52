"""What `make soak` runs. A soak of another part of the product joins the tuple at the end."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import get_state_machine_test

from tests.soak.escalating import AT_ONCE, escalating
from tests.soak.killing import killing
from tests.soak.machine import Machine
from tests.soak.town import Template

STEPS_OF_A_STORY, STORIES_AT_ONCE = 50, 10
LONG = settings(
    max_examples=STORIES_AT_ONCE,
    stateful_step_count=STEPS_OF_A_STORY,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
CUT_OFF_EVERY = 4
"""On PostgreSQL every fourth blow cuts the server off from its database instead of killing it."""
CHECKED_EVERY = 10
"""Rounds of blows after which loss and doubling are looked for: a soak that is broken off has proved what it did."""

Step = Callable[[], object]
"""Called after each of what a soak counts."""


@dataclass(frozen=True)
class Soak:
    """`run(template, folder, how many, seed, step)` goes on until at least so many are done, and raises what it finds.

    `unit` is what it counts, `usual` how many of it make a full run on each database.
    """

    title: str
    unit: str
    usual: int
    run: Callable[[Template, Path, int, int, Step], None]


def stateful(template: Template, _folder: Path, steps: int, seed_: int, step: Step) -> None:
    """Stories of `tests.soak.machine`, each chunk of them with a seed of its own."""
    done = 0

    def stepped() -> None:
        nonlocal done
        done += 1
        step()

    while done < steps:
        tell = get_state_machine_test(lambda: Machine(template, stepped), settings=LONG)
        seed(seed_)(tell)()
        seed_ += 1


def kills(template: Template, folder: Path, rounds: int, seed_: int, step: Step) -> None:
    """Rounds of `tests.soak.killing`."""
    with killing(template, folder, random.Random(seed_).randrange(2**32)) as story:
        for number in range(rounds):
            cuts_off = not story.town.app.settings.sqlite and number % CUT_OFF_EVERY == 0
            story.round(story.cut_off_from_the_database if cuts_off else story.kill)
            if number % CHECKED_EVERY == CHECKED_EVERY - 1:
                story.check()
            step()
        story.check()


def escalations(template: Template, folder: Path, episodes: int, seed_: int, step: Step) -> None:
    """Episodes of `tests.soak.escalating`."""
    with escalating(template, folder, seed_) as story:
        while len(story.alarms) < episodes:
            story.round()
            for _ in range(AT_ONCE):
                step()
        story.check()


SOAKS = (
    Soak("phones, posts, lost answers, crashes, restores", "steps", 10_000, stateful),
    Soak("kill -9 in the middle of pushes and uploads", "rounds", 200, kills),
    Soak("workers killed while alarms are overdue", "episodes", 200, escalations),
)
