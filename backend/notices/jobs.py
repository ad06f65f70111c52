"""The sender: what empties the outbox."""

from datetime import timedelta

from backend.core.jobs import Job
from backend.core.metrics import Figure
from backend.notices import outbox
from backend.notices.sending import send_due

FIGURES = (Figure("xunge_messages", "Messages that wait to go out, and dead letters", "state", outbox.counted),)


def jobs() -> tuple[Job, ...]:
    return (Job("notices.send", timedelta(seconds=2), then=send_due, lane="notices"),)
