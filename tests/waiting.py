"""Waiting for what another thread or process does, no longer than five seconds."""

import time
from collections.abc import Callable

import pytest


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never happened")
