"""What is found out about stations without a reading that sets it off."""

from datetime import timedelta

from backend.anomalies.ending import end_quiet
from backend.anomalies.lasting import judge_hours
from backend.anomalies.silence import find_silent
from backend.core.jobs import Job


def jobs() -> tuple[Job, ...]:
    return (
        Job("anomalies.hours", timedelta(minutes=5), then=judge_hours),
        Job("anomalies.silence", timedelta(minutes=1), then=find_silent),
        Job("anomalies.end", timedelta(minutes=1), then=end_quiet),
    )
