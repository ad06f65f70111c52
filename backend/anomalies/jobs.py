"""What is found out about stations without a reading that sets it off."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.anomalies import faults
from backend.anomalies.ending import end_quiet
from backend.anomalies.lasting import judge_hours
from backend.anomalies.models import Episode, MaintenanceMatter
from backend.anomalies.rules import FAULTS, POLLUTION
from backend.anomalies.silence import find_silent
from backend.core.jobs import Job
from backend.core.metrics import Figure


def _running(session: Session) -> dict[str, float]:
    wanted = select(Episode.kind, func.count()).where(Episode.running_key.is_not(None)).group_by(Episode.kind)
    found = {kind: float(count) for kind, count in session.execute(wanted)}
    return {kind: found.get(kind, 0.0) for kind in (*POLLUTION, *FAULTS)}


def _open_matters(session: Session) -> dict[str, float]:
    wanted = select(MaintenanceMatter.kind, func.count()).where(MaintenanceMatter.closed_at.is_(None))
    found = {kind: float(count) for kind, count in session.execute(wanted.group_by(MaintenanceMatter.kind))}
    return {kind: found.get(kind, 0.0) for kind in FAULTS}


FIGURES = (
    Figure("xunge_rule_faults", "How often a rule raised instead of judging", "kind", faults.counted),
    Figure("xunge_anomaly_episodes", "Episodes of anomalous data that go on", "kind", _running),
    Figure("xunge_maintenance_matters", "Open matters of maintenance", "kind", _open_matters),
)


def jobs() -> tuple[Job, ...]:
    return (
        Job("anomalies.hours", timedelta(minutes=5), then=judge_hours),
        Job("anomalies.silence", timedelta(minutes=1), then=find_silent),
        Job("anomalies.end", timedelta(minutes=1), then=end_quiet),
    )
