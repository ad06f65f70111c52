"""An act: something a person did, with what is known of when, where and by which pictures."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.auth.actor import Actor
from backend.core import clock
from sync.evidence import Interval


@dataclass(frozen=True)
class Act:
    """Handed to every service that records work. `actor` holds the posts that were in force when it was done.

    `position` is WGS 84: {lon, lat, accuracy_m, fixed_at, mock}, or None. `photos` are the operation's promises.
    A record that the act creates takes `operation_id` as its id (api.md, Push). `findings` are for a reviewer, beside
    those about its time.
    """

    actor: Actor
    received_at: datetime
    interval: Interval
    operation_id: uuid.UUID | None = None
    position: dict[str, Any] | None = None
    photos: tuple[dict[str, Any], ...] = ()
    held_for_review: bool = False
    findings: tuple[str, ...] = ()

    @property
    def done_at(self) -> datetime:
        """The best single instant for what happened: attested, else the latest moment it can have been."""
        return self.interval.point or self.interval.not_after

    def columns(self) -> dict[str, Any]:
        """The values of the Evidenced mixin."""
        return {
            "operation_id": self.operation_id,
            "person_id": self.actor.person_id,
            "device_id": self.actor.device_id,
            "received_at": self.received_at,
            "interval": self.interval.to_json(),
            "position": self.position,
            "findings": [*self.interval.findings, *self.findings] or None,
        }


def here_and_now(actor: Actor) -> Act:
    """An act that the server itself witnesses: a click on the console. Proved to the microsecond."""
    now = clock.now()
    return Act(actor, now, Interval(now, None, None, now, "proved"))
