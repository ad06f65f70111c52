"""What a policy says of messages outside the app."""

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True)
class NoticePolicy:
    """How messages leave by robots, mail and webhooks. Times are local; two equal ones mean that no hour is quiet.

    `urgent` are the kinds of notices that leave at any hour; a message is tried `attempts` times, each pause twice the
    one before it.
    """

    quiet_from: time
    quiet_until: time
    urgent: tuple[str, ...]
    attempts: int
    first_pause_seconds: int
    longest_pause_minutes: int
