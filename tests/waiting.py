"""Waiting for what another thread or process does, no longer than a minute.

Where a barrier cannot stand: in a row of a server's database, a lock for which somebody waits, a list that threads of
the library join. Nothing tells of these, they can only be looked up, and no moved clock makes them come.
"""

import time
from collections.abc import Callable

import pytest

PATIENCE_S = 60
"""So long only where something is broken: a machine may be busy with the other half of a run, and with more."""


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never happened")
