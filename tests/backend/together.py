"""Several at once."""

import threading
from collections.abc import Callable


def at_once(*works: Callable[[], object]) -> None:
    """Run these in threads that start together; what one raises, fails the test."""
    ready, faults = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        ready.wait()
        try:
            work()
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
