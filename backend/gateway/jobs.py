"""What changes about frames because time passes, and their figures."""

from datetime import timedelta

from backend.core.jobs import Job
from backend.core.metrics import Figure
from backend.gateway import parts, quarantine

JOBS = (
    Job("frames.forget", timedelta(hours=1), quarantine.forget),
    Job("frames.parts", timedelta(minutes=10), parts.give_up),
)

FIGURES = (
    Figure("xunge_frames", "HJ 212 frames of this hour and the last, by outcome", "outcome", quarantine.last_hours),
)
