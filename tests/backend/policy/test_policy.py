"""Policy is data: checked at start, chosen by day."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from backend.policy import service
from backend.policy.anomalies import POLLUTANTS
from backend.stations.rules import UNITS

ZONE = ZoneInfo("Asia/Shanghai")
CHANGJI = (service.FILES / "changji.toml").read_text(encoding="utf-8")


def test_changji_says_what_its_policy_says() -> None:
    policy = service.load("changji", ZONE).versions[0]
    assert policy.label == "changji@1"
    assert (policy.alarms.onsite_minutes, policy.alarms.disposal_minutes) == (60, 120)
    assert policy.staffing[4] == {"leader": 2, "sub_leader": 1, "supervisor": 3, "supervisor_full_time": 1}
    assert policy.staffing[3] == {"leader": 2, "sub_leader": 1, "supervisor": 3, "supervisor_full_time": 3}
    assert "straw_burning" in policy.problems.classes


def test_a_kind_of_station_differs_only_in_what_is_written_there() -> None:
    anomalies = service.load("changji", ZONE).versions[0].alarms.anomalies
    micro, national = anomalies.of("micro"), anomalies.of("national")
    assert (micro.constant.hours, national.constant.hours) == (6, 10)
    assert (micro.out_of_range.above["pm10"], national.out_of_range.above["pm10"]) == (3000, 10000)
    assert (national.out_of_range.above["co"], national.over_limit) == (60, micro.over_limit)


def test_pollutants_are_those_of_stations() -> None:
    assert set(POLLUTANTS) == set(UNITS)


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("onsite_minutes = 60", "onsite_minutes = 0", "alarms.onsite_minutes: Must be greater than or equal to 1 and"),
        (
            "onsite_minutes = 60",
            "onsite_minutes = 100001",
            "alarms.onsite_minutes: Must be greater than or equal to 1 and",
        ),
        ("raw_days = 400", "raw_days = 4000000", "readings.raw_days: Must be greater than or equal to 1 and"),
        ("minutes = -15,", "minutes = -1000000000000,", "onsite.0.minutes: Must be greater"),
        ("onsite_minutes = 60", 'onsite_minutes = "soon"', "alarms.onsite_minutes: Not a valid integer."),
        ("onsite_minutes = 60", "onsite_minute = 60", "alarms.onsite_minute: Unknown field."),
        ("disposal_minutes = 120", "disposal_minutes = 30", "alarms.disposal_minutes: must not be less than"),
        ("due_at = 22:00:00", "due_at = 05:00:00", "patrols.due_at: must be later than opens_at"),
        ("opens_at = 06:00:00", "opens_at = 2026-01-01T06:00:00", "patrols.opens_at: must be a local time"),
        ("quiet_from = 22:00:00", 'quiet_from = "22:00"', "notices.quiet_from: must be a local time"),
        ("pauses = []", "pauses = [{begins_at = 22, ends_at = 06:00:00}]", "begins_at: must be a local time"),
        ("pauses = []", "pauses = [{begins_at = 06:00:00, ends_at = 06:00:00}]", "ends_at: must differ"),
        (
            "pauses = []",
            "pauses = [{begins_at = 20:00:00, ends_at = 08:00:00}, {begins_at = 08:00:00, ends_at = 20:00:00}]",
            "pauses: must leave some of the day",
        ),
        ('other = ["其他", "other"]\n', "", 'duty.causes: must hold "other"'),
        ('["扬沙浮尘", "dust storm"]', '["扬沙浮尘"]', "duty.causes.sandstorm: Length must be 2."),
        ('["扬沙浮尘", "dust storm"]', '["", "dust storm"]', "causes.sandstorm.0: Length must be between 1 and 40."),
        ("sandstorm = [", "Sandstorm = [", "duty.causes.Sandstorm: String does not match"),
        ("daily_at = 08:00:00", "daily_at = 8", "lists.daily_at: must be a local time"),
        ('ordered = ["duty"]', 'ordered = ["mayor"]', "told.ordered.0: Must be one of"),
        ('ordered = ["duty"]', 'forgotten = ["duty"]', "told.forgotten: Must be one of"),
        ("pm25 = 150", "pm2 = 150", "alarms.anomalies.over_limit.at_least.pm2: Must be one of"),
        ("fewest = 3\nmost", "fewest = 2\nmost", "anomalies.away_from_neighbours.fewest: Must be greater"),
        ("most = 12", "most = 3\nleast = 2", "anomalies.away_from_neighbours.least: Unknown field."),
        ("constant = { hours = 10 }", "constant = { hour = 10 }", "anomalies.kinds.national.constant.hour: Unknown"),
        ("kinds.regional]", "kinds.orbital]", "anomalies.kinds.orbital: Must be one of"),
        ("share = 0.8, minutes", "share = 1.2, minutes", "anomalies.clearing.share: Must be greater than 0 and"),
        ("valid_hour_minutes = 45", "valid_hour_minutes = 61", "readings.valid_hour_minutes: Must be greater"),
        ('"national", "regional"]', '"orbital"]', "readings.covering_kinds.2: Must be one of"),
        ('roles = ["duty", "instructed"], ', 'roles = ["mayor"], ', "roles.0: Must be one of"),
        ("version = 1", "version = ", "Invalid value"),
        ("effective_from = 2023-05-24", "effective_from = 1", "effective_from: must be a date"),
    ],
)
def test_a_fault_is_told_with_file_key_and_reason(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in CHANGJI
    write(tmp_path, "changji.toml", CHANGJI.replace(old, new, 1))
    with pytest.raises(service.PolicyError) as caught:
        service.load("changji", ZONE, tmp_path)
    assert said in str(caught.value)
    assert str(tmp_path / "changji.toml") in str(caught.value)


def test_an_unknown_policy_names_the_known_ones() -> None:
    with pytest.raises(service.PolicyError, match="there are: changji"):
        service.load("atlantis", ZONE)


def test_each_day_has_the_version_that_was_in_force(tmp_path: Path) -> None:
    write(tmp_path, "changji.toml", CHANGJI)
    newer = CHANGJI.replace("version = 1", "version = 2").replace("2023-05-24", "2026-01-01")
    write(tmp_path, "changji@2.toml", newer)
    book = service.load("changji", ZONE, tmp_path)
    # midnight in Changji is four in the afternoon before in Greenwich
    assert book.as_of(datetime(2025, 12, 31, 15, 59, tzinfo=UTC)).version == 1
    assert book.as_of(datetime(2025, 12, 31, 16, 0, tzinfo=UTC)).version == 2
    assert book.as_of(datetime(2000, 1, 1, tzinfo=UTC)).effective_from == date(2023, 5, 24)


@pytest.mark.parametrize(
    ("of", "changed", "said"),
    [
        ("2023-05-24", "2026-01-01", "label: changji@1 is that of"),
        ("version = 1", "version = 2", "effective_from: 2023-05-24 is that of"),
    ],
)
def test_two_versions_are_never_taken_for_one(tmp_path: Path, of: str, changed: str, said: str) -> None:
    """A decision keeps the label: with two of the same, alarms would be judged by the wrong one."""
    write(tmp_path, "changji.toml", CHANGJI)
    write(tmp_path, "changji@2.toml", CHANGJI.replace(of, changed, 1))
    with pytest.raises(service.PolicyError) as caught:
        service.load("changji", ZONE, tmp_path)
    assert said in str(caught.value)
    assert "changji@2.toml" in str(caught.value)
