"""The pages that anyone may open, and what they never show."""

import dataclasses
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import event

from backend.alarms.models import Alarm
from backend.core.edge import Application
from backend.stations.models import Station
from backend.web.routes import CHINESE
from tests.backend import cast as story
from tests.backend.cast import Member

PAGES = ("/", "/api/docs", "/api/docs/errors")


def page(app: Application, path: str = "/") -> str:
    answer = app.test_client().get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def put_up(app: Application, code: str, state: str | None = None, kind: str = "micro") -> None:
    """A station in village A1, with an alarm in this state."""
    with app.app_context(), app.database.transaction() as session:
        station = Station(
            grid_path=story.VILLAGE_A1,
            code=code,
            name=f"微站{code}",
            kind=kind,
            lon=87.05,
            lat=44.05,
            pollutants=["pm25"],
        )
        session.add(station)
        session.flush()
        if state:
            session.add(
                Alarm(
                    grid_path=story.VILLAGE_A1,
                    station_id=station.id,
                    kind="over_limit",
                    lon=87.05,
                    lat=44.05,
                    policy="changji@1",
                    raised_at=story.MONDAY,
                    state=state,
                    updated_at=story.MONDAY,
                )
            )


class Links(HTMLParser):
    """Everything that a page points to or loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()
        self.inline_styles = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attributes)
        self.inline_styles += "style" in given
        self.found += [value for name in ("href", "src") if (value := given.get(name))]


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_reads_the_pages_and_nothing_comes_from_elsewhere(app: Application, path: str) -> None:
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'; frame-ancestors 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    links = Links(answer.text)
    assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in links.found), links.found
    assert "script" not in links.tags
    assert links.inline_styles == 0
    assert '<html lang="zh-CN">' in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_leads_somewhere(app: Application, path: str) -> None:
    client, text = app.test_client(), page(app, path)
    for link in Links(text).found:
        if link.startswith("#"):
            assert f'id="{link[1:]}"' in text, link
        else:
            assert client.get(link, buffered=True).status_code in (200, 503), (
                link
            )  # /readyz says 503 while the clock stands still


def figure(text: str, words: str) -> str:
    (value,) = re.findall(rf"<li><b[^>]*>([^<]*)</b><span>{words}</span>", text)
    return value


def test_the_figures(app: Application) -> None:
    put_up(app, "M1", "ordered")
    put_up(app, "M2", "closed")
    put_up(app, "N1", kind="national")
    text = page(app)
    assert figure(text, "数据库") == ("SQLite" if app.database.sqlite else "PostgreSQL + PostGIS")
    assert [figure(text, words) for words in ("县市与园区", "乡镇街道", "村和社区", "空气站")] == ["2", "2", "3", "3"]
    assert [figure(text, words) for words in ("未结报警", "污染源", "今日任务", "重点网格")] == ["1", "0", "0", "0"]


def test_the_first_page_tells_of_nobody(app: Application, cast: dict[str, Member]) -> None:
    put_up(app, "M1", "instructed")
    text = page(app)
    for member in cast.values():
        assert not re.search(rf"\b{member.name}\b", text)
        assert member.phone not in text


def test_the_map_marks_micro_stations_by_their_alarms(app: Application) -> None:
    for code, state in {"M1": None, "M2": "raised", "M3": "accepted", "M4": "disposed", "M5": "withdrawn"}.items():
        put_up(app, code, state)
    put_up(app, "N1", kind="national")
    drawn = re.search(r'<svg class="map".*?</svg>', page(app), re.S)
    assert drawn
    marks = re.findall(r'<g class="(\w+)" transform="[^"]*"><title>([^<]*)</title>', drawn[0])
    assert sorted(marks) == [
        ("handled", "微站M4"), ("quiet", "微站M1"), ("quiet", "微站M5"), ("waiting", "微站M2"), ("working", "微站M3"),
    ]  # fmt: skip
    assert [mark for mark, _ in marks[:2]] == ["quiet", "quiet"], "alarms lie on top"
    assert drawn[0].count('class="county"') == 2
    assert drawn[0].count('class="township"') == 2
    assert "昌吉市" in drawn[0]


def test_the_map_is_drawn_once_for_a_revision(app: Application) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    page(app)
    event.listen(app.database.engine, "before_cursor_execute", note)
    page(app)
    assert asked
    assert not [statement for statement in asked if "geometry" in statement]


def test_the_accounts_file_is_named_in_the_demonstration_only(app: Application) -> None:
    assert "demo-accounts.json" not in page(app)
    assert "虚构" not in page(app)
    app.settings = dataclasses.replace(app.settings, demo=True)
    text = page(app)
    assert str(app.settings.data / "demo-accounts.json") in text
    assert "虚构 made up" in text
    assert "真实 real" in text


def test_the_api_is_readable_without_a_program(app: Application) -> None:
    text = page(app, "/api/docs")
    for path in app.test_client().get("/api/openapi.json").json["paths"]:
        assert f"<code>{path}</code>" in text
    assert 'id="post-api-v1-auth-login"' in text


def test_every_group_of_the_api_has_a_chinese_title(app: Application) -> None:
    tags = app.test_client().get("/api/openapi.json").json["tags"]
    assert {tag["name"] for tag in tags} <= set(CHINESE)


def test_the_type_of_a_problem_points_at_its_code(app: Application) -> None:
    problem = app.test_client().get("/api/v1/me").json
    path, anchor = problem["type"].split("#")
    assert f'<tr id="{anchor}">' in page(app, path)


def test_before_there_are_grids_the_page_says_so(app: Application, hand: Any) -> None:
    hand.move(days=-1)  # the day before the first boundaries took effect
    text = page(app)
    assert "No grid boundaries yet" in text
