"""Frames wait a moment for each other and are stored in one transaction; only then are they answered.

The database is worked in one thread beside the loop. What comes while a commit runs waits for the next: the busier it
gets, the more share one commit. A crash before the commit leaves nothing behind and nobody was told; a crash after it
leaves readings that the station sends once more, and they are known by station, factor and time.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from backend.gateway.batch import Outcome, Received

MOST = 200
"""Frames in one transaction."""
GATHER_S = 0.05
"""How long the first one waits for others."""

Done = Callable[[Outcome], None]
Store = Callable[[Sequence[Received]], list[Outcome]]


class GroupCommit:
    """Takes pieces from connections, stores them in groups, tells each connection what became of its piece."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[tuple[Received, Done]] = deque()
        self._some = asyncio.Event()
        self._ended = False
        self.waiting_bytes = 0

    def put(self, piece: Received, done: Done) -> None:
        """Store this with the next group; `done` is called in the loop, once."""
        self._waiting.append((piece, done))
        self.waiting_bytes += len(piece.raw)
        self._some.set()

    def end(self) -> None:
        """Nothing more will come: `run` returns when what waits is stored."""
        self._ended = True
        self._some.set()

    async def run(self) -> None:
        """Store until the end. `store` must not raise: it runs in a thread of its own, beside the loop."""
        with ThreadPoolExecutor(1, "hj212-store") as thread:
            while await self._some_are_waiting():
                group = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
                pieces = [piece for piece, _ in group]
                outcomes = await asyncio.get_running_loop().run_in_executor(thread, self._store, pieces)
                self.waiting_bytes -= sum(len(piece.raw) for piece in pieces)
                for (_, done), outcome in zip(group, outcomes, strict=True):
                    done(outcome)

    async def _some_are_waiting(self) -> bool:
        """Wait for a first piece, and a little for others. False at the end."""
        if not self._waiting and not self._ended:
            self._some.clear()
            await self._some.wait()
        if len(self._waiting) < MOST and not self._ended:
            await asyncio.sleep(GATHER_S)
        return bool(self._waiting) or not self._ended
