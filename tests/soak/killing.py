"""`kill -9` in the middle of pushes and uploads: a real `xunge serve`, real clients, and the same data afterwards.

Each round six phones bring home reports with pictures, all at once. At a random request, and at a random moment in it,
the whole process group of the server is killed; or, on PostgreSQL, all its connections to the database are. Phones go
on by themselves; at the end nothing may be lost and nothing doubled.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from sync.client import Client
from sync.client_clock import SystemClock
from sync.client_pictures import Picture
from sync.client_session import Unreachable
from tests import conftest as root
from tests.backend.cast import IN_A1, PASSWORD
from tests.ports import free_port
from tests.soak import checks
from tests.soak.ledger import Ledger
from tests.soak.phones import PICTURES, opened
from tests.soak.town import Template, Town

WORKERS = ("Aygul", "Aygul", "Bahar", "Bahar", "Wang", "Ding")
REPORTS = 2
SIZES = (30_000, 300_000, 1_400_000)
"""Bytes of pictures: the largest goes in two parts."""
REQUESTS = 20
"""The blow falls while one of the first so many of a round is under way, or soon after."""
LONGEST_MOMENT_S = 0.1
STARTS_WITHIN_S = 60
TRIES = 20


class Server:
    """`xunge serve` in a process group of its own. `up` is set while it should answer."""

    def __init__(self, town: Town, folder: Path) -> None:
        made = town.app.settings
        self.port, self.up = free_port(), threading.Event()
        self._log = folder / "server.log"
        self._environment = {
            "XUNGE_DATA": str(made.data),
            "XUNGE_DATABASE_URL": made.database_url,
            "XUNGE_TOKEN_KEYS": made.token_keys[0],
            "XUNGE_ANCHOR_KEYS": made.anchor_keys[0],
            "PORT": str(self.port),
        }

    def start(self) -> None:
        command = [sys.executable, "-m", "backend.cli", "serve"]
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                command, env=os.environ | self._environment, stdout=log, stderr=log, start_new_session=True
            )
        self._wait_until_ready()
        self.up.set()

    def kill(self) -> None:
        self.up.clear()
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5):
                    return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"the server did not start:\n{self._log.read_text()}")


class Trap(httpx.BaseTransport):
    """The line of all phones: springs when so many requests have begun."""

    def __init__(self) -> None:
        self._line, self._turn, self._left = httpx.HTTPTransport(), threading.Lock(), 0
        self.sprung = threading.Event()

    def lay(self, requests: int) -> None:
        self._left = requests
        self.sprung.clear()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._turn:
            self._left -= 1
            if self._left == 0:
                self.sprung.set()
        return self._line.handle_request(request)

    def close(self) -> None:
        """Phones share it."""


class Killing:
    """The phones of a town, and blows against its server."""

    def __init__(self, template: Template, folder: Path, seed: int) -> None:
        self.town, self.ledger = Town(template, folder), Ledger()
        self.server, self.trap = Server(self.town, folder), Trap()
        self._chance = random.Random(seed)
        self.clients = [self._phone(number, folder) for number in range(len(WORKERS))]

    def _phone(self, number: int, folder: Path) -> Client:
        return opened(
            folder / f"{number}.db",
            number,
            self.trap,
            SystemClock(),
            server=f"http://127.0.0.1:{self.server.port}",
            sleep=lambda _seconds: self.server.up.wait(STARTS_WITHIN_S),
            attempts=8,
        )

    def sign_in(self) -> None:
        for name, client in zip(WORKERS, self.clients, strict=True):
            client.sign_in(self.town.cast[name].phone, PASSWORD)
            client.pull()

    def round(self, blow: Callable[[], object]) -> None:
        """Work, the way home, the blow in the middle of it, and what is left of the way."""
        for client in self.clients:
            self._work(client)
        self.trap.lay(self._chance.randint(1, REQUESTS))
        with ThreadPoolExecutor(len(self.clients)) as pool:
            ways = [pool.submit(brought_home, client, self.server) for client in self.clients]
            self.trap.sprung.wait(STARTS_WITHIN_S)
            threading.Event().wait(self._chance.uniform(0, LONGEST_MOMENT_S))  # any moment of a request
            blow()
        for way in ways:
            way.result()

    def kill(self) -> None:
        self.server.kill()
        self.server.start()

    def cut_off_from_the_database(self) -> None:
        """PostgreSQL ends every connection of the server, whatever it is doing."""
        name = self.town.app.database.engine.url.database
        with root.admin() as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))

    def check(self) -> None:
        """Nothing lost, nothing doubled, and every phone as the server has it."""
        for client in self.clients:
            client.pull()
            assert client.outbox.all() == []
            checks.copy_is_the_scope(self.town.app, client)
        self.ledger.life.received |= self.ledger.made.keys()
        checks.once_each(self.town.app, self.ledger)
        checks.everything_arrived(self.town.app, self.ledger)

    def _work(self, client: Client) -> None:
        for _ in range(REPORTS):
            own = Picture(self._chance.randbytes(self._chance.choice(SIZES)))
            pictures = [own, self._chance.choice(PICTURES)]  # the second one comes from several phones at once
            made = client.make("problem.report", {"class": "dust", "note": "扬尘"}, position=IN_A1, pictures=pictures)
            self.ledger.made[made.id] = made.operation
            self.ledger.pictures |= {picture.sha256 for picture in pictures}


def brought_home(client: Client, server: Server) -> None:
    for _ in range(TRIES):
        try:
            client.sync()
            return
        except Unreachable:
            server.up.wait(STARTS_WITHIN_S)
    raise AssertionError("no way home")


@contextmanager
def killing(template: Template, folder: Path, seed: int) -> Iterator[Killing]:
    """The phones have signed in and the server is up."""
    story = Killing(template, folder, seed)
    story.server.start()
    try:
        story.sign_in()
        yield story
    finally:
        story.server.kill()
        for client in story.clients:
            client.close()
        story.trap._line.close()
        story.town.close()
