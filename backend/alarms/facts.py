"""What messages about an alarm can say: where, what, and until when."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.alarms import chronicle
from backend.alarms.models import Alarm
from backend.alarms.rules import deadline
from backend.anomalies import kinds
from backend.grids.service import name_of
from backend.notices.texts import Fact
from backend.policy.service import book
from backend.stations.models import Station

EVERY = frozenset({"place", "what", "onsite_due", "disposal_due", "note"})
OF_A_STEP = EVERY | {"clock", "due", "late"}

KINDS = {
    "alarm.order": EVERY,
    "alarm.dispatch": EVERY,
    "alarm.accept": EVERY,
    "alarm.onsite": EVERY,
    "alarm.disposal": EVERY,
    "alarm.close": EVERY,
    "alarm.instruct": EVERY,
    "alarm.relieve": EVERY,
    "alarm.withdraw": EVERY,
    "alarm.excuse_asked": EVERY,
    "alarm.excuse_answered": EVERY,
    "alarm.review": EVERY,
    "alarm.escalate": OF_A_STEP,
    "alarm.escalation_withdrawn": OF_A_STEP,
}
"""The notices of alarms that leave the app, and the facts of their texts."""

POLLUTANTS = {"pm25": "PM2.5", "pm10": "PM10", "so2": "SO2", "no2": "NO2", "co": "CO", "o3": "O3"}
NO_NOTE = ("无", "none")


def facts_of(session: Session, alarm: Alarm) -> dict[str, Fact]:
    """What every message about an alarm can say."""
    policy = chronicle.policy_of(alarm).alarms
    started, zone = _starts_by(alarm, timedelta(minutes=policy.receipt_grace_minutes)), book().zone
    return {
        "place": name_of(session, alarm.grid_path),
        "what": _what(session, alarm),
        "onsite_due": deadline("onsite", started, policy, zone),
        "disposal_due": deadline("disposal", started, policy, zone),
        "note": alarm.instruction_note or NO_NOTE,
    }


def _starts_by(alarm: Alarm, grace: timedelta) -> datetime | None:
    """When the clocks started, or, as long as the order was not received, the latest that they can."""
    if alarm.ordered_at is None:
        return None
    return min(alarm.received_at or alarm.ordered_at + grace, alarm.ordered_at + grace)


def _what(session: Session, alarm: Alarm) -> tuple[str, str]:
    station = session.get(Station, alarm.station_id) if alarm.station_id else None
    pollutant = POLLUTANTS.get(alarm.pollutant or "", alarm.pollutant)
    value = f"{alarm.value:g} {alarm.unit or ''}".strip() if alarm.value is not None else None
    zh, en = kinds.name(alarm.kind)
    parts = (station.name if station else None, pollutant)
    return _joined(*parts, zh, value), _joined(*parts, en, value)


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
