"""Waiting for what another thread or process does, no longer than five seconds.

Where a barrier cannot stand: in a row of a server's database, a lock for which somebody waits, a list that threads of
the library join. Nothing tells of these, they can only be looked up, and no moved clock makes them come.
"""

import time
from collections.abc import Callable

import pytest


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never happened")
