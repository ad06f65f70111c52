"""The day's tasks, as pure rules."""

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from backend.patrols import rules

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 23)
START, END = rules.day_bounds(DAY, ZONE)
LATE = timedelta(days=30)
IDS = st.uuids()
MOMENTS = st.integers(0, 60 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes, days=-3))


def test_a_day_is_a_local_day() -> None:
    assert datetime(2026, 11, 22, 16, tzinfo=UTC) == START
    assert datetime(2026, 11, 23, 16, tzinfo=UTC) == END


def test_stories_of_a_day() -> None:
    nine = START + timedelta(hours=9)
    week_later = END + timedelta(days=7)
    minute = timedelta(minutes=1)
    assert rules.judge((START, END), (nine, nine), nine, LATE) == "met"
    assert rules.judge((START, END), (nine - minute, nine + minute), week_later, LATE) == "met"
    assert rules.judge((START, END), (None, nine), nine, LATE) == "met"
    assert rules.judge((START, END), (nine, week_later), week_later, LATE) == "undetermined"
    assert rules.judge((START, END), (None, week_later), week_later, LATE) == "undetermined"
    assert rules.judge((START, END), (END, week_later), week_later, LATE) == "breached"
    assert rules.judge((START, END), (None, START - minute), nine, LATE) == "breached"
    assert rules.judge((START, END), (nine, nine), END + LATE, LATE) == "breached"


@given(MOMENTS, MOMENTS, MOMENTS)
def test_better_evidence_never_contradicts_worse(one: datetime, other: datetime, true: datetime) -> None:
    """Whatever a wide interval decides, a narrower one inside it decides too, or it was not decided."""
    earliest, latest = sorted((min(one, true), max(other, true)))
    received = max(latest, true)
    wide = rules.judge((START, END), (earliest, latest), received, LATE)
    exact = rules.judge((START, END), (true, true), received, LATE)
    if wide == "breached":
        assert exact == "breached"
    if wide == "met" and true >= START:
        assert exact == "met"
    assert exact != "undetermined"


@given(MOMENTS, MOMENTS)
def test_work_of_the_day_counts_whenever_it_is_received(made: datetime, received: datetime) -> None:
    received = max(made, received)
    verdict = rules.judge((START, END), (made, made), received, LATE)
    assert (verdict == "met") == (START <= made < END and received < END + LATE)


@given(st.lists(IDS, unique=True), st.integers(1, 3), st.lists(IDS, max_size=5), st.dates())
def test_every_source_gets_its_visits_and_the_work_is_shared(
    sources: list[uuid.UUID], visits_per_day: int, team: list[uuid.UUID], day: date
) -> None:
    wanted = rules.needs(sources, visits_per_day)
    assert sorted(wanted) == sorted((source, number + 1) for source in sources for number in range(visits_per_day))
    spread = rules.spread(wanted, team, day, {})
    assert [need for need, _ in spread] == wanted
    assert spread == rules.spread(wanted, team[::-1], day, {})
    shares = [[person for _, person in spread].count(one) for one in set(team)]
    assert not team or (sum(shares) == len(wanted) and max(shares) - min(shares) <= 1)
    assert team or all(person is None for _, person in spread)


@given(st.lists(IDS, unique=True, min_size=1), st.lists(IDS, max_size=5), st.data())
def test_nobody_visits_what_they_are_kept_off_and_somebody_else_does(
    sources: list[uuid.UUID], team: list[uuid.UUID], data: st.DataObject
) -> None:
    some = st.frozensets(st.sampled_from(team)) if team else st.just(frozenset[uuid.UUID]())
    kept_off = data.draw(st.dictionaries(st.sampled_from(sources), some))
    for (source, _), person in rules.spread(rules.needs(sources, 1), team, START.date(), kept_off):
        left = set(team) - kept_off.get(source, frozenset())
        assert person in left if left else person is None


@given(st.none() | MOMENTS, MOMENTS)
def test_work_is_looked_for_on_its_last_two_days(earliest: datetime | None, latest: datetime) -> None:
    earliest = min(earliest, latest) if earliest else None
    days = rules.days_touched((earliest, latest), ZONE)
    last = latest.astimezone(ZONE).date()
    assert days[-1] == last
    assert days in ([last], [last - timedelta(days=1), last])
    assert earliest is None or earliest.astimezone(ZONE).date() <= days[0]


def test_expiry_and_completion_are_a_table() -> None:
    assert rules.OUTDATED == {"open": "expired"}
    assert rules.FINISHED == {"open": "done", "expired": "done"}
