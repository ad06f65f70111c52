"""A rule that raises: readings are stored, the others judge, and people hear of it."""

from typing import Any, NoReturn

import pytest
from sqlalchemy.exc import OperationalError

from backend.anomalies import rules
from backend.anomalies.rules import Finding, Sample
from backend.core import clock
from backend.policy.anomalies import Clearing, OverLimit, StationRules
from tests.backend.anomalies.conftest import Sky
from tests.backend.stations.world import reading

SECRET = "13800000001"
"""What an error might say."""


def broken(*_: object) -> NoReturn:
    raise ZeroDivisionError(SECRET)


def warned(sky: Sky) -> str | None:
    """What administrators see on the page of background work."""
    answer: dict[str, Any] = sky.call("Guo").get("/jobs").json
    told: str | None = answer["warnings"].get("rules")
    return told


def test_readings_are_stored_and_the_other_rules_judge(sky: Sky, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.anomalies.rules.sudden_rise", broken)
    assert warned(sky) is None
    sky.breathe(40, 42, 38, 41, 200)
    sky.measure(-50, "N1")
    assert sky.kinds() == [("over_limit", "pm25")]
    assert [matter.kind for matter in sky.matters()] == ["negative"]
    said = f"sudden_rise: ZeroDivisionError, 1 in all, last at {clock.now().isoformat()}"
    assert warned(sky) == said
    health = sky.app.test_client().get("/readyz")
    assert (health.status_code, health.json["warnings"]["rules"]) == (200, said)
    figures = sky.app.test_client().get("/metrics").text
    assert 'xunge_rule_faults{kind="sudden_rise"} 1.0' in figures
    assert 'xunge_rule_faults{kind="over_limit"} 0.0' in figures


def test_mended_it_judges_the_next_reading_and_the_warning_goes(sky: Sky, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("backend.anomalies.rules.over_limit", broken)
        sky.breathe(200, 201, minutes=1)
    assert sky.alarms() == []
    assert "2 in all" in str(warned(sky))
    sky.hand.move(minutes=1)
    sky.measure(202)
    assert sky.kinds() == [("over_limit", "pm25")]
    sky.hand.move(days=1)
    assert warned(sky) is None


def test_a_station_whose_values_break_a_rule_keeps_no_other(sky: Sky, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = rules.over_limit

    def breaks(rule: OverLimit, pollutant: str, sample: Sample) -> Finding | None:
        if sample.value == 300:
            broken()
        return judge(rule, pollutant, sample)

    monkeypatch.setattr("backend.anomalies.rules.over_limit", breaks)
    now = clock.now().isoformat()
    sky.send(reading(300, at=now), reading(310, station="N1", at=now))
    assert [alarm.value for alarm in sky.alarms()] == [310]


def test_rules_of_hours_of_silence_and_of_ends_too(sky: Sky, monkeypatch: pytest.MonkeyPatch) -> None:
    sky.breathe(*[160] * 13, minutes=60)
    monkeypatch.setattr("backend.anomalies.rules.persistently_high", broken)
    assert sky.judge_hours() == 1
    assert [matter.kind for matter in sky.matters()] == ["constant"]
    monkeypatch.setattr("backend.anomalies.rules.is_over", broken)
    assert sky.end_quiet() == 0
    sky.hand.move(hours=4)
    monkeypatch.setattr("backend.anomalies.rules.offline", broken)
    assert sky.find_silent() == 0
    kinds = [each.split(":")[0] for each in str(warned(sky)).split("; ")]
    assert kinds == ["constant", "offline", "over_limit", "persistently_high"]


def test_what_is_asked_before_and_after_a_rule_fails_no_more_than_the_rule(
    sky: Sky, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one station what may be suspected, of one kind what is looked up, of one finding what its end waits for."""
    suspected, mark_of, now = rules.suspected, rules.mark_of, clock.now().isoformat()

    def some(policy: StationRules, pollutant: str, value: float) -> list[str]:
        return broken() if value == 300 else suspected(policy, pollutant, value)

    def most(clearing: Clearing, finding: Finding) -> float:
        return broken() if finding.value == 310 else mark_of(clearing, finding)

    monkeypatch.setattr("backend.anomalies.rules.suspected", some)
    monkeypatch.setattr("backend.anomalies.rules.mark_of", most)
    monkeypatch.setattr("backend.anomalies.windows.low_before", broken)
    values = {"M1": 300, "N1": 310, "N2": 320, "N3": 40}
    sky.send(*(reading(value, station=station, at=now) for station, value in values.items()))
    assert [alarm.value for alarm in sky.alarms()] == [320]
    kinds = {each.split(":")[0]: each.split(", ")[1] for each in str(warned(sky)).split("; ")}
    assert kinds == {"any": "1 in all", "over_limit": "1 in all", "sudden_rise": "1 in all"}
    assert 'xunge_rule_faults{kind="any"} 1.0' in sky.app.test_client().get("/metrics").text


def test_what_is_sound_and_what_hours_may_show_too(sky: Sky, monkeypatch: pytest.MonkeyPatch) -> None:
    sky.breathe(*[40] * 8, minutes=60)
    with monkeypatch.context() as patch:
        patch.setattr("backend.anomalies.rules.suspected_of_hours", broken)
        assert sky.judge_hours() == 0
    with monkeypatch.context() as patch:
        patch.setattr("backend.anomalies.windows.is_sound", broken)
        assert sky.judge_hours() == 0
    monkeypatch.setattr("backend.anomalies.rules.mark_of", broken)
    assert sky.judge_hours() == 0
    kinds = [each.split(", ")[0:2] for each in str(warned(sky)).split("; ")]
    assert kinds == [["any: ZeroDivisionError", "2 in all"], ["constant: ZeroDivisionError", "1 in all"]]


def test_what_the_database_raises_fails_the_batch(sky: Sky, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its transaction is broken: whoever sent the readings sends them again."""

    def lost(*_: object) -> None:
        raise OperationalError("", {}, ConnectionError())

    monkeypatch.setattr("backend.anomalies.windows.low_before", lost)
    headers = {"Authorization": f"Bearer {sky.secret}"}
    answer = sky.app.test_client().post("/api/v1/readings", json=[reading(300)], headers=headers)
    assert answer.status_code >= 500
    assert warned(sky) is None


def test_a_fault_is_logged_without_what_it_says(
    sky: Sky, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("backend.anomalies.rules.over_limit", broken)
    sky.measure(200)
    logged = capsys.readouterr().out
    assert "rule failed" in logged
    assert "test_faults.py" in logged
    assert SECRET not in logged + str(warned(sky))
