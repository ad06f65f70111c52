"""A simulation from beginning to end, phase by phase; every phone in a thread."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any, Self

import httpx

from backend.simulate import checks, views
from backend.simulate.desk import Desk
from backend.simulate.ledger import Ledger
from backend.simulate.phone import Phone, World
from backend.simulate.plan import PHONES_PER_ACCOUNT, Account, CannotSimulate, Plan, holders, read_accounts
from backend.simulate.work import go_out
from sync.client_clock import Clock, SystemClock
from sync.client_session import Refused, Unreachable

MOST_THREADS = 32
"""More phones take turns: the server does not notice, and the machine that plays them all has to keep up."""
ANSWER_SECONDS = 5.0

Step = Callable[[Phone], Ledger | None]
Progress = Callable[[str, int, int], None]
"""(phase, how many are done, of how many)"""


class Simulation:
    """`live` and then `compare`, inside a `with`; `ledger`, `seconds` and the phones' lines tell how it went.

    Args:
        tell: hears of the progress.
        clock: makes the clock of each phone.
        sleep: waits between attempts; None for an ordinary wait that Ctrl-C ends.
    """

    def __init__(
        self,
        plan: Plan,
        tell: Progress = lambda phase, done, total: None,
        *,
        clock: Callable[[], Clock] = SystemClock,
        sleep: Callable[[float], Any] | None = None,
    ) -> None:
        self.plan, self._tell = plan, tell
        accounts = read_accounts(plan.accounts)
        carried = holders(accounts, plan.phones)
        _refuse_silence(plan.server)
        self._folder = TemporaryDirectory(prefix="xunge-")
        self._world = World(plan.server, Path(self._folder.name), Event(), plan.seed, clock, sleep)
        self.phones = [Phone(self._world, f"phone {number}", held) for number, held in enumerate(carried, 1)]
        self._desk = Desk(self._world, accounts)
        self._stranger = self._extra_stranger(accounts)
        self._pool = ThreadPoolExecutor(min(plan.phones, MOST_THREADS))
        self.ledger = Ledger()
        self.seconds: dict[str, float] = {}
        """How long each phase took."""

    def _extra_stranger(self, accounts: Sequence[Account]) -> Phone | None:
        """Somebody of another village, needed where all phones are of one."""
        mine = self.phones[0].account.grid
        others = [each for each in accounts if each.role == "supervisor" and each.grid != mine]
        if not others or any(phone.account.grid != mine for phone in self.phones):
            return None
        return Phone(self._world, "stranger", others[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._world.stopped.set()
        self._pool.shutdown(cancel_futures=True)
        for phone in (*self.phones, *filter(None, [self._stranger])):
            phone.close()
        self._desk.close()
        self._folder.cleanup()

    def live(self) -> None:
        """Sign in and pull, alarms, out of coverage, back. Raises CannotSimulate."""
        if self.plan.chaos:
            for phone in self.phones:
                phone.line.quality = "bad"
        self._all("sign in, pull", Phone.arrive)
        self._raise_alarms()
        self._all("out of coverage", self._go_out)
        self._all("push, upload, pull", self._come_back)

    def compare(self) -> Ledger:
        """Everything made against everything held. Raises CannotSimulate."""
        self._all("compare", checks.compare)
        self._all("pull anew", lambda phone: views.compare_copies(phone, self.phones))
        self._all("tasks", lambda phone: views.compare_tasks(phone, self.phones))
        self._refuse_strangers()
        return self.ledger

    def _raise_alarms(self) -> None:
        """One for the first phone of every holder, where the office can raise them."""
        first = {phone.account.phone: phone for phone in reversed(self.phones)}
        chosen = [phone for phone in first.values() if self._desk.can_alarm(phone)]
        done = iter(range(1, len(chosen) + 1))
        phase = "raise alarms"
        with self._phase(phase, len(chosen)):
            self._desk.alarm(chosen, lambda: self._tell(phase, next(done), len(chosen)))
        self._all("receive alarms", _pull)

    def _go_out(self, phone: Phone) -> None:
        village = [other for other in self.phones if other.account.grid == phone.account.grid]
        go_out(phone, village.index(phone), len(village), self.plan.reports, self.plan.photo_size)

    def _come_back(self, phone: Phone) -> None:
        phone.come_back(self.plan.chaos)

    def _refuse_strangers(self) -> None:
        """Every phone asks for what one of another village made; where there is no other, an extra stranger asks."""
        if self._stranger is not None:
            self._stranger.sign_in()
            self._all("strangers", lambda stranger: views.compare_strangers(stranger, self.phones), [self._stranger])
        else:
            self._all("strangers", lambda phone: views.compare_strangers(phone, self._elsewhere(phone)))

    def _elsewhere(self, phone: Phone) -> list[Phone]:
        """One phone of another village, so that each is somebody's."""
        after = self.phones.index(phone) + PHONES_PER_ACCOUNT
        others = (self.phones[(after + step) % len(self.phones)] for step in range(len(self.phones)))
        return [other for other in others if other.account.grid != phone.account.grid][:1]

    def _all(self, phase: str, step: Step, phones: Sequence[Phone] | None = None) -> None:
        """Let every phone take this step, as many at once as there are threads, and note what it found."""
        phones = self.phones if phones is None else phones
        with self._phase(phase, len(phones)):
            futures = [self._pool.submit(step, phone) for phone in phones]
            for done, future in enumerate(as_completed(futures), 1):
                self.ledger.take(future.result() or Ledger())
                self._tell(phase, done, len(futures))

    @contextmanager
    def _phase(self, phase: str, total: int) -> Iterator[None]:
        self._tell(phase, 0, total)
        began = time.monotonic()
        try:
            yield
        except Unreachable as fault:
            raise CannotSimulate(f"{self.plan.server} does not answer any more ({phase}): {fault}") from fault
        except Refused as refused:
            raise CannotSimulate(f"{self.plan.server} refused what should be allowed ({phase}): {refused}") from refused
        self.seconds[phase] = time.monotonic() - began


def _pull(phone: Phone) -> None:
    phone.client.pull()


def _refuse_silence(server: str) -> None:
    """Raise CannotSimulate unless a server of ours is alive there."""
    try:
        answer = httpx.get(f"{server}/healthz", timeout=ANSWER_SECONDS, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise CannotSimulate(f"no server answers at {server}: {fault}; start one with `xunge demo`") from fault
    if not answer.is_success:
        raise CannotSimulate(f"{server} is no healthy Xunge server: /healthz answers {answer.status_code}")
