"""What a policy says, as plain values."""

from dataclasses import dataclass
from datetime import date, time

from backend.policy.anomalies import AnomalyPolicy
from backend.policy.notices import NoticePolicy

DISPATCH_ROLES = ("supervisor", "reviewer", "dispatcher", "officer")
AUDIENCES = ("duty", "instructed")
"""Besides roles: the county's duty post, and whoever was sent."""
THROUGH = ("app", "message")
"""In the app, with the next pull; and by DingTalk, WeCom, Feishu, mail or whatever channel people have."""
TOLD_OF = ("ordered", "instructed", "accepted", "onsite", "disposal", "closed", "withdrawn")


@dataclass(frozen=True)
class Step:
    """One step of escalation: `minutes` after the deadline (negative: before), who is told (of DISPATCH_ROLES and
    AUDIENCES), and through what (of THROUGH)."""

    minutes: int
    roles: tuple[str, ...]
    through: tuple[str, ...] = ("app", "message")


@dataclass(frozen=True)
class Pause:
    """Hours of every day in which the clocks stand still; local times, over midnight where the end is the earlier."""

    begins_at: time
    ends_at: time


@dataclass(frozen=True)
class DutyPolicy:
    """Order and dispatch (CJ-3). `told`: of each kind of event, the roles that are told, or one of AUDIENCES.
    `causes`: by code, what each is called in Chinese and English.

    Minutes count from the clocks' start or, once somebody is instructed, from the instruction; None means never.
    """

    everyone_where_rota_is_empty: bool
    pauses: tuple[Pause, ...]
    delivered_minutes: int
    accepted_minutes: int
    arrived_minutes: int
    instructs_itself_after_minutes: int | None
    position_max_age_minutes: int
    seen_within_minutes: int
    told: dict[str, tuple[str, ...]]
    causes: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class AlarmPolicy:
    """CJ-3."""

    onsite_minutes: int
    disposal_minutes: int
    receipt_grace_minutes: int
    orders_itself: bool
    instruct_minutes: int
    attested_is_enough: bool
    provisional_days: int
    onsite_distance_m: int
    fastest_kmh: int
    excuse_grounds: tuple[str, ...]
    anomalies: AnomalyPolicy
    escalation: dict[str, tuple[Step, ...]]
    duty: DutyPolicy


@dataclass(frozen=True)
class ReadingsPolicy:
    """What stations measure: how long it is kept, when a mean is valid (GB 3095), which stations cover a township.

    Hourly values stay when the readings themselves, `raw_days` old, are forgotten.
    """

    raw_days: int
    quarantine_days: int
    valid_hour_minutes: int
    valid_day_hours: int
    longest_maintenance_days: int
    covering_kinds: tuple[str, ...]


@dataclass(frozen=True)
class PatrolPolicy:
    """CJ-A1-17. Times are local."""

    visits_per_day: int
    opens_at: time
    due_at: time
    accepted_late_days: int


@dataclass(frozen=True)
class ProblemPolicy:
    """CJ-A1-8."""

    watched: tuple[str, ...]
    stopped: tuple[str, ...]
    rectify_days: int

    @property
    def classes(self) -> tuple[str, ...]:
        """Every class that a problem may have."""
        return self.watched + self.stopped


@dataclass(frozen=True)
class ListsPolicy:
    """CJ-5. From which local time on a county's duty post is told of the day before, and of how many days before that
    where it was not told of them."""

    daily_at: time
    catch_up_days: int


@dataclass(frozen=True)
class Policy:
    """One version of one deployment's policy. `label`, such as "changji@1", is stored with every decision."""

    id: str
    version: int
    effective_from: date
    staffing: dict[int, dict[str, int]]
    patrols: PatrolPolicy
    alarms: AlarmPolicy
    problems: ProblemPolicy
    readings: ReadingsPolicy
    notices: NoticePolicy
    lists: ListsPolicy

    @property
    def label(self) -> str:
        """Its name in decisions; no two versions have the same (service.load)."""
        return f"{self.id}@{self.version}"
