"""Lists for a county, over HTTP and as files."""

import uuid
from datetime import datetime
from typing import Any

from flask import Response

from backend.alarms.rules import CLOCKS
from backend.alarms.showing import note_shown
from backend.auth import guard
from backend.auth.people import Place
from backend.core import clock, sheets
from backend.core.api import Blueprint
from backend.core.edge import session
from backend.core.sheets import Form, Sheet
from backend.lists import daily, words
from backend.lists.schemas import DailyQuery, DailySchema
from backend.policy.service import book
from backend.rota.service import county

blueprint = Blueprint("lists", __name__, url_prefix="/api/v1/lists", description="Lists for a county")

NEEDED = ("alarms.read", "problems.read")
COLUMNS = {
    "what": "类别 what",
    "number": "台账编号 number",
    "place": "乡镇/村 place",
    "kind": "种类 kind",
    "note": "情况 note",
    "found_at": "发现时间 found_at",
    "state": "状态 state",
    "responsible": "责任 responsible",
    "due_at": "期限 due_at",
    "overdue": "超期 overdue",
    "onsite": "现场反馈 onsite",
    "disposal": "处置 disposal",
    "cause": "原因 cause",
    "grid": "网格代码 grid",
    "id": "编号 id",
}
"""The columns of the table, in order."""
WHAT_ZH = {"alarm": "报警", "problem": "问题"}


@blueprint.route("/daily")
@blueprint.arguments(DailyQuery, location="query")
@blueprint.response(200, DailySchema)
def day(query: dict[str, Any]) -> dict[str, Any]:
    """The county's alarms and problems of a day: found on it, or open when it ended."""
    return _told(query)


@blueprint.route("/daily.csv")
@blueprint.arguments(DailyQuery, location="query")
@blueprint.response(200, {"type": "string"}, content_type=sheets.MEDIA["csv"])
def as_csv(query: dict[str, Any]) -> Response:
    """The same as CSV."""
    return _file(query, "csv")


@blueprint.route("/daily.xlsx")
@blueprint.arguments(DailyQuery, location="query")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=sheets.MEDIA["xlsx"])
def as_xlsx(query: dict[str, Any]) -> Response:
    """The same as a workbook."""
    return _file(query, "xlsx")


def _told(query: dict[str, Any]) -> dict[str, Any]:
    place, now = _county(query["county"]), clock.now()
    of = daily.day(query["day"], book().zone)
    items = daily.items(session(), place, of, now)
    note_shown(uuid.UUID(item["id"]) for item in items if item["what"] == "alarm")
    return {
        "county": place.code,
        "name": place.name,
        "day": query["day"].isoformat(),
        "as_of": now.isoformat(),
        **daily.told(items, of),
        "items": items,
    }


def _county(code: str) -> Place:
    """A county of which the caller may read everything. Raises NotFound, Forbidden."""
    place = county(session(), code)
    for action in NEEDED:
        guard.actor().require(action, place.path)
    return place


def _file(query: dict[str, Any], form: Form) -> Response:
    told = _told(query)
    rows = [[_cell(item, name) for name in COLUMNS] for item in told["items"]]
    sheet = Sheet(f"{told['name']} {told['day']}", tuple(COLUMNS.values()), rows)
    return sheets.download(f"daily-{told['county']}-{told['day']}", form, [sheet])


def _cell(item: dict[str, Any], name: str) -> str | None:
    """As people of the county write it."""
    what, said = item["what"], item[name]
    if name == "what":
        return WHAT_ZH[what]
    if name in ("kind", "state"):
        return {"kind": words.kind, "state": words.state}[name](what, said)
    if name in CLOCKS:
        return words.verdict(said)
    if name == "overdue":
        return "是" if said else ""
    if name == "cause" and said is not None:
        return f"{said['zh']} {said['en']}"
    if name in ("found_at", "due_at") and said is not None:
        return f"{datetime.fromisoformat(said).astimezone(book().zone):%Y-%m-%d %H:%M}"
    return said
