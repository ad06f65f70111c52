"""All phones of a morning, each at its moment: a few processes with threads, which end by themselves."""

import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.queues import Queue
from queue import Empty

from tests.bench.morning.line import Told
from tests.bench.morning.phone import Errand, morning

PROCESSES = 2
AT_ONCE = 64
"""Phones that one process plays at the same time; more would set out late, and say so."""
GETTING_READY_S = 3.0
GRACE_S = 60.0
"""After the last moment; whoever is not back by then is missing."""
LOOKS_EVERY_S = 1.0

SPAWN = get_context("spawn")


def moments(count: int, seconds: float, dice: random.Random) -> list[float]:
    """`count` arrivals in a time, each independent of the others, in order: a Poisson process of known size."""
    return sorted(dice.uniform(0, seconds) for _ in range(count))


def play(server: str, errands: Sequence[Errand]) -> Iterator[Told]:
    """Every phone's tale as soon as it is back. Ends with the last one, or GRACE_S after the last moment."""
    told: Queue[Told] = SPAWN.Queue()
    began = time.monotonic() + GETTING_READY_S  # of the machine, so the same in every process
    players = [
        SPAWN.Process(target=_play_some, args=(server, errands[number::PROCESSES], began, told))
        for number in range(PROCESSES)
    ]
    for player in players:
        player.start()
    try:
        yield from _until(began + max(errand.at_s for errand in errands) + GRACE_S, told, len(errands))
    finally:
        for player in players:
            player.terminate()
            player.join()


def _until(deadline: float, told: "Queue[Told]", count: int) -> Iterator[Told]:
    while count and time.monotonic() < deadline:
        try:
            yield told.get(timeout=LOOKS_EVERY_S)
        except Empty:
            continue
        count -= 1


def _play_some(server: str, errands: Sequence[Errand], began: float, told: "Queue[Told]") -> None:
    """One process. Whoever finds no hand free waits for one: `late_ms` tells."""

    def go(errand: Errand) -> None:
        told.put(morning(server, errand, (time.monotonic() - began - errand.at_s) * 1000))

    with ThreadPoolExecutor(AT_ONCE) as hands:
        playing: list[Future[None]] = []
        for errand in errands:
            time.sleep(max(0.0, began + errand.at_s - time.monotonic()))
            playing.append(hands.submit(go, errand))
        for future in playing:
            future.result()
