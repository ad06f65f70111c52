"""The stateful property test, short; `make soak` lets it go on."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.soak.machine import Machine
from tests.soak.town import Template

SHORT = settings(
    max_examples=20, stateful_step_count=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def test_every_phone_is_right_and_everything_happens_once(town_template: Template) -> None:
    run_state_machine_as_test(lambda: Machine(town_template), settings=SHORT)
