"""Serving with gunicorn: one process of 32 threads on SQLite, two on PostgreSQL (architecture, rule 10)."""

import gc
import socket
import threading
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

from backend.core import jobs
from backend.core.edge import Application
from backend.core.open_files import more_files
from backend.core.settings import Settings
from backend.patience import PatientWorker

THREADS = 32
CONNECTIONS, SPARE_FILES = 1_000, 400
"""Of one process; and descriptors for everything but connections: pictures, the database, files to export."""
HANGS_AFTER_SECONDS = 120
"""A process whose main loop gives no sign of life for so long is killed. Requests have no such bound: a village's line
needs its time for a picture. What a silent client may hold is `Settings.silence_seconds`."""


class PortTaken(Exception):
    """Somebody else listens there; the message says where and what to do."""


class Server(BaseApplication):
    """gunicorn, configured by our settings instead of a file."""

    def __init__(self, settings: Settings, make: Callable[[Settings], Application], *, works: bool) -> None:
        self.settings, self.make, self.works = settings, make, works
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": 1 if self.settings.sqlite else 2,
            "worker_class": PatientWorker,
            "threads": THREADS,
            "worker_connections": max(more_files(CONNECTIONS + SPARE_FILES) - SPARE_FILES, 2 * THREADS),
            "timeout": HANGS_AFTER_SECONDS,
            "graceful_timeout": 20,
            "control_socket_disable": True,
            "loglevel": "warning",
            "proc_name": "xunge",
            "post_worker_init": self._begin_work,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Application:
        self.app = self.make(self.settings)
        return self.app

    def _begin_work(self, _worker: Any) -> None:
        """The embedded default runs the background loop in a thread of the one server process."""
        gc.freeze()  # what is loaded by now stays: looking through it again and again would hold up everybody
        if self.works:
            threading.Thread(target=work, args=(self.app, threading.Event()), daemon=True, name="worker").start()


def work(app: Application, stop: threading.Event) -> None:
    """Run background work, a thread for each lane, until `stop` is set."""
    with app.database.transaction() as session:
        jobs.enrol(session, app.jobs)
    lanes = jobs.lanes(app.jobs).items()
    threads = [threading.Thread(target=_lane, args=(app, lane, stop), name=name, daemon=True) for name, lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _lane(app: Application, lane: tuple[jobs.Job, ...], stop: threading.Event) -> None:
    with app.app_context():
        jobs.work(app.database, lane, stop)


def refuse_taken_port(settings: Settings) -> None:
    """Raise PortTaken before anything is started, since gunicorn would try five times first."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise PortTaken(
                f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; set PORT or HOST"
            ) from error
