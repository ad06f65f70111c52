"""When a message leaves. Pure."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from backend.policy.notices import NoticePolicy


def leaves_at(kind: str, at: datetime, policy: NoticePolicy, zone: ZoneInfo) -> datetime:
    """When a message of this kind that is written at `at` may leave: at once, or when the quiet hours end."""
    local = at.astimezone(zone)
    if kind in policy.urgent or not _is_quiet(local.time(), policy):
        return at
    evening = policy.quiet_until <= local.time()  # the morning meant is the next day's
    morning = datetime.combine(local.date() + timedelta(days=evening), policy.quiet_until, zone)
    return morning.astimezone(at.tzinfo)


def _is_quiet(local: time, policy: NoticePolicy) -> bool:
    begins, ends = policy.quiet_from, policy.quiet_until
    return begins <= local < ends if begins <= ends else local >= begins or local < ends


def pause(attempts: int, chance: float, policy: NoticePolicy) -> timedelta:
    """How long to wait after so many attempts that failed: twice as long each time, up to the policy's longest.

    `chance` in [0, 1) takes up to half of it away, so that what failed together is not tried again together.
    """
    longest = timedelta(minutes=policy.longest_pause_minutes)
    doubled = timedelta(seconds=policy.first_pause_seconds * 2.0 ** min(attempts - 1, 20))  # more would overflow
    return min(doubled, longest) * (1 - chance / 2)
