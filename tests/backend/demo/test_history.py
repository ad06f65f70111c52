"""What the demonstration tells: places, stations, tasks, problems and alarms, each judged as its story says."""

from collections import Counter
from datetime import timedelta

import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.alarms import records as alarm_records
from backend.alarms.models import Alarm, AlarmEvent
from backend.alarms.workflow import STATES as ALARM_STATES
from backend.core import clock
from backend.core.edge import Application
from backend.demo.alarm_stories import STORIES, Story
from backend.demo.roster import SUPERVISORS
from backend.grids.models import Boundary, Grid, Revision
from backend.patrols.models import Form, Task, Visit
from backend.policy.service import book
from backend.problems.models import Problem
from backend.problems.rules import STATES as PROBLEM_STATES
from backend.sources.models import Source
from backend.stations.models import Reading, Station
from tests.backend.cast import MONDAY
from tests.backend.demo.test_people import accounts_of, bearer

TODAY = MONDAY.date()
YESTERDAY = TODAY - timedelta(days=1)


def village_shapes(session: Session) -> dict[str, shapely.Geometry]:
    found = session.execute(select(Boundary.path, Boundary.geometry).where(Boundary.tier == 4))
    return {row.path: row.geometry for row in found}


def test_all_grids_are_published_long_before(look: Session) -> None:
    assert look.scalar(select(func.count()).select_from(Grid)) == 1 + 10 + 106 + 926 + 11
    revision = look.scalars(select(Revision)).one()
    assert clock.now() - revision.effective_from > timedelta(days=180)
    park = look.scalars(select(Grid).where(Grid.code == "652327106")).one()
    assert park.grid_path == "652300/652300-P3/652327106"


def test_sources_and_stations_stand_in_their_villages(look: Session) -> None:
    shapes = village_shapes(look)
    sources, stations = look.scalars(select(Source)).all(), look.scalars(select(Station)).all()
    assert len(sources) > 500
    for each in (*sources, *stations):
        assert shapes[each.grid_path].intersects(shapely.Point(each.lon, each.lat))
    assert all(source.name.startswith("虚构") for source in sources)
    counts = Counter(source.grid for source in sources)
    assert all(4 <= counts[village] <= 8 for village in SUPERVISORS)
    assert Counter(station.kind for station in stations) == {"micro": 60, "national": 3, "regional": 8}


def test_readings_end_with_the_hour_and_only_the_stories_exceed(look: Session) -> None:
    unalarming = select(func.max(Reading.at)).where(Reading.pollutant == "no2")
    assert look.scalar(unalarming) == MONDAY - timedelta(hours=1)
    limits = book().as_of(MONDAY).alarms.anomalies.of("micro").over_limit.at_least
    exceeding = [
        look.scalar(select(func.count()).where(Reading.pollutant == pollutant, Reading.value >= limit))
        for pollutant, limit in limits.items()
    ]
    assert sum(exceeding) == sum(story.pollutant is not None for story in STORIES)


def test_today_every_source_waits_for_its_visit(look: Session) -> None:
    sources = look.scalar(select(func.count()).select_from(Source))
    today = look.scalars(select(Task).where(Task.day == TODAY)).all()
    assert len(today) == sources
    form = look.scalars(select(Form)).one()
    assert {(task.state, task.form_id) for task in today} == {("open", form.id)}
    for village in SUPERVISORS:
        assert all(task.assignee_id for task in today if task.grid == village)


def test_yesterday_was_visited_in_part(look: Session) -> None:
    states = Counter(look.scalars(select(Task.state).where(Task.day == YESTERDAY)))
    visits = look.scalar(select(func.count()).select_from(Visit))
    assert set(states) == {"done", "expired"}
    assert states["done"] == visits
    assert 0.6 < states["done"] / sum(states.values()) < 0.9


def test_the_form_asks_what_the_eye_can_see_in_two_languages(look: Session) -> None:
    form = look.scalars(select(Form)).one()
    asked = {option["value"] for field in form.fields for option in field.get("options", ())}
    policy = book().as_of(MONDAY).problems
    assert set(policy.watched) - {"other"} | set(policy.stopped) <= asked
    assert all(set(field["label"]) == {"zh", "en"} for field in form.fields)


def test_problems_stand_in_every_state(look: Session) -> None:
    problems = look.scalars(select(Problem)).all()
    assert {problem.state for problem in problems} == set(PROBLEM_STATES)
    assert all(problem.reported_at < problem.updated_at < clock.now() for problem in problems)


def test_alarms_stand_in_every_state(look: Session) -> None:
    assert set(look.scalars(select(Alarm.state))) == set(ALARM_STATES)


def test_the_four_stories_are_judged_met_breached_breached_met(look: Session) -> None:
    alarms = look.scalars(select(Alarm).order_by(Alarm.raised_at)).all()
    told = {wire["id"]: wire for wire in alarm_records.records(look, alarms)}
    by_label = {
        wire["instruction"]["note"]: {name: one["verdict"] for name, one in wire["clocks"].items()}
        for wire in told.values()
        if wire["instruction"]
    }
    four = {story.name: by_label[story.label] for story in STORIES[:4]}
    assert four == {
        "on_time": {"onsite": "met", "disposal": "met"},
        "late": {"onsite": "breached", "disposal": "breached"},
        "never": {"onsite": "breached", "disposal": "breached"},
        "received_late": {"onsite": "met", "disposal": "met"},
    }


def test_every_other_story_is_judged_as_it_says(look: Session) -> None:
    alarms = look.scalars(select(Alarm).where(TOLD).order_by(Alarm.raised_at)).all()
    at = {story.name: alarm_records.records(look, [alarm])[0] for story, alarm in zip(_in_order(), alarms, strict=True)}
    for story in STORIES:
        verdicts = {one["verdict"] for one in at[story.name]["clocks"].values()}
        assert verdicts == {story.verdict} if story.verdict else "pending" in verdicts


TOLD = Alarm.kind.in_(("over_limit", "video"))
"""The alarms of the stories."""


def test_what_else_the_reading_of_a_story_raised_was_withdrawn_as_the_same_plume(look: Session) -> None:
    others = look.scalars(select(Alarm).where(~TOLD)).all()
    assert {alarm.kind for alarm in others} == {"sudden_rise", "away_from_neighbours"}
    assert {alarm.state for alarm in others} == {"withdrawn"}


def _in_order() -> list[Story]:
    """The stories by when they began: yesterday's first."""
    finished = sorted((story for story in STORIES if isinstance(story.began, tuple)), key=lambda story: story.began)
    under_way = [story for story in STORIES if not isinstance(story.began, tuple)]
    return finished + sorted(under_way, key=lambda story: -story.began)


def test_who_was_told_of_a_breach_in_vain_is_told_that_it_was_none(look: Session) -> None:
    received_late = select(Alarm.id).where(Alarm.instruction_note == STORIES[3].label)
    events = look.scalars(select(AlarmEvent.type).where(AlarmEvent.alarm_id.in_(received_late)))
    counted = Counter(events)
    assert counted["escalation_withdrawn"] == 3
    assert counted["escalated"] == 5


def test_the_dispatcher_sees_the_picture_and_a_stranger_does_not(app: Application) -> None:
    with app.app_context(), app.database.transaction(write=False) as session:
        alarm = session.scalars(select(Alarm).where(Alarm.instruction_note == STORIES[0].label)).one()
        picture = alarm_records.records(session, [alarm])[0]["photos"][0]
    assert (picture["state"], picture["thumb"]) == ("stored", True)
    dispatchers = {each["grid"]: each for each in accounts_of(app.settings.data) if each["role"] == "dispatcher"}
    client = app.test_client()
    path = f"/api/v1/photos/{picture['sha256']}"
    seen = client.get(path, headers=bearer(app, dispatchers["652301"]))
    assert (seen.status_code, seen.mimetype, len(seen.data)) == (200, "image/jpeg", picture["size"])
    seen.close()
    refused = client.get(path, headers=bearer(app, dispatchers["652328"]))
    assert (refused.status_code, refused.json["code"]) == (404, "not_found")
