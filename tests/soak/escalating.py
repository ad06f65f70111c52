"""Workers killed at random while alarms are overdue: each step of escalation once, each message at least once.

On PostgreSQL two real `xunge worker` processes sweep and send side by side; on SQLite one `xunge serve` does so in
itself. Alarms are made four hours ago, so that all of their steps are due. As soon as something is being done, one of
the processes is killed, in the middle of a sweep, of a message, or of nothing.
"""

import ipaddress
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, update

from backend.alarms import auditor, chronicle, jobs, service
from backend.alarms.models import Alarm, AlarmEvent, EscalationStep
from backend.alarms.service import Raised
from backend.auth.actor import Actor, Holding
from backend.core import clock
from backend.core.jobs import JobSlot
from backend.core.ways import ROBOTS, Ways
from backend.evidence.act import here_and_now
from backend.notices import channels, sending
from backend.notices.channels import Reach
from backend.notices.models import Message, Notice
from tests.backend.cast import COUNTY_A, PREFECTURE
from tests.backend.notices.receiver import Receiver, receiving
from tests.ports import free_port
from tests.soak.killing import STARTS_WITHIN_S
from tests.soak.town import Template, Town

AGO = timedelta(hours=4)
AT_ONCE = 5
"""Episodes that fall due in one round."""
LONGEST_MOMENT_S = 0.3
ANSWERS_AFTER_S = 0.01
STEPS = Counter(
    {(name, minutes): 1 for name, soon in (("onsite", -15), ("disposal", -20)) for minutes in (soon, 0, 60)}
)
TOLD = {-20: ("Ding",), -15: ("Ding",), 0: ("Ding", "Erkin"), 60: ("Erkin",)}


class Escalating:
    """Overdue alarms, workers that die, and a receiver that keeps what it gets."""

    def __init__(self, template: Template, folder: Path, receiver: Receiver, seed: int) -> None:
        self.town, self.receiver = Town(template, folder), receiver
        self._chance, self._log = random.Random(seed), folder / "workers.log"
        self._workers: list[subprocess.Popen[bytes]] = []
        self.kills, self.alarms = 0, list[uuid.UUID]()
        receiver.before = lambda: threading.Event().wait(ANSWERS_AFTER_S)
        office = self.town.app.extensions["xunge.notices"]
        network = ipaddress.ip_network("127.0.0.0/8")
        ways = Ways(networks=(network,), robots=dict.fromkeys(ROBOTS, receiver.base))
        self.town.app.extensions["xunge.notices"] = replace(office, ways=ways)
        with self.town.office() as session:
            for role, path in (("dispatcher", COUNTY_A), ("officer", PREFECTURE)):
                channels.add(session, Reach(role=role, grid_path=path), f"dingtalk://{role}", "zh")

    def start(self) -> None:
        """As many workers as the database allows."""
        settings = self.town.app.settings
        environment = os.environ | {
            "XUNGE_DATA": str(settings.data),
            "XUNGE_DATABASE_URL": settings.database_url,
            "XUNGE_TOKEN_KEYS": settings.token_keys[0],
            "XUNGE_ANCHOR_KEYS": settings.anchor_keys[0],
            "XUNGE_NOTICE_HOSTS": "127.0.0.0/8",
            "XUNGE_ROBOTS": f"dingtalk={self.receiver.base}",
            "PORT": str(free_port()),
        }
        command = [sys.executable, "-m", "backend.cli", "serve" if settings.sqlite else "worker"]
        while len(self._workers) < (1 if settings.sqlite else 2):
            with open(self._log, "ab") as log:
                self._workers.append(
                    subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
                )

    def round(self) -> None:
        """Some alarms are overdue; as soon as something happens, somebody dies."""
        self._raise()
        before = self._done()
        self.start()
        self._wait_until(lambda: self._done() > before)
        threading.Event().wait(self._chance.uniform(0, LONGEST_MOMENT_S))
        self._kill(self._workers.pop(self._chance.randrange(len(self._workers))))

    def stop(self) -> None:
        while self._workers:
            self._kill(self._workers.pop())

    def check(self) -> None:
        """What the dead left behind is taken up, and then everything has happened once."""
        self.stop()
        with self.town.office() as session:  # the leases of the dead run out
            session.execute(update(Message).where(Message.state == "waiting").values(due_at=clock.now()))
        with self.town.app.app_context():
            jobs.sweep_due()
            while sending.send_due():
                pass
            assert auditor.audit() == 0
        self._every_step_once()
        self._every_message_once_or_with_its_number()

    def _raise(self) -> None:
        actor = Actor(self.town.cast["Ding"].id, None, (Holding("dispatcher", COUNTY_A),))
        with clock.frozen(clock.machine() - AGO), self.town.office() as session:
            for _ in range(AT_ONCE):
                raised = service.raise_alarm(session, Raised("video", place=(87.05, 44.05)), here_and_now(actor))
                self.alarms.append(raised.id)
        with self.town.office() as session:
            for slot in session.scalars(select(JobSlot).with_for_update()):
                slot.due_at = clock.now()

    def _done(self) -> int:
        """Steps taken and messages sent so far."""
        with self.town.app.database.transaction(write=False) as session:
            taken = session.scalar(select(func.count()).select_from(EscalationStep)) or 0
            sent = session.scalar(select(func.count()).select_from(Message).where(Message.state == "sent")) or 0
            return taken + sent

    def _wait_until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not done():
            if time.monotonic() > deadline:
                raise RuntimeError(f"nobody works:\n{self._log.read_text()}")
            threading.Event().wait(0.01)

    def _kill(self, worker: "subprocess.Popen[bytes]") -> None:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        self.kills += 1

    def _every_step_once(self) -> None:
        names = {member.id: name for name, member in self.town.cast.items()}
        with self.town.app.database.transaction(write=False) as session:
            events = chronicle.events_of(session, self.alarms)
            rows = session.scalars(select(EscalationStep)).all()
            notices = session.scalars(select(Notice).where(Notice.kind == "alarm.escalate")).all()
            assert session.scalar(select(func.count()).select_from(Alarm)) == len(self.alarms)
        for alarm_id in self.alarms:
            assert Counter(_step(event) for event in events[alarm_id] if event.type == "escalated") == STEPS
            assert [event.number for event in events[alarm_id]] == list(range(1, len(events[alarm_id]) + 1))
            assert Counter((row.clock, row.minutes) for row in rows if row.alarm_id == alarm_id) == STEPS
            bodies = [(one.body, names[one.person_id]) for one in notices if one.subject_id == alarm_id]
            told = Counter((body["clock"], body["minutes"], name) for body, name in bodies)
            assert told == Counter((*step, name) for step in STEPS for name in TOLD[step[1]])

    def _every_message_once_or_with_its_number(self) -> None:
        with self.town.app.database.transaction(write=False) as session:
            messages = session.scalars(select(Message).where(Message.kind.startswith("alarm."))).all()
        assert {message.state for message in messages} == {"sent"}
        # the order to the duty post, and of six steps four to it and four to the officers
        assert len(messages) == 9 * len(self.alarms)
        came = Counter(call.body["text"]["content"] for call in self.receiver.calls)
        assert set(came) >= {message.text for message in messages}
        repeated = sum(came.values()) - len(came)
        assert repeated <= self.kills * sending.SIDE_BY_SIDE, "only what a dead sender had in its hands comes twice"


def _step(event: AlarmEvent) -> tuple[str, int]:
    return event.facts["clock"], event.facts["minutes"]


@contextmanager
def escalating(template: Template, folder: Path, seed: int) -> Iterator[Escalating]:
    """The first workers are up."""
    with receiving() as receiver:
        story = Escalating(template, folder, receiver, seed)
        story.start()
        try:
            yield story
        finally:
            story.stop()
            story.town.close()
