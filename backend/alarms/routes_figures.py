"""A month's figures, over HTTP and as files."""

from collections.abc import Callable
from typing import Any

from flask import Response

from backend.alarms import causes, months
from backend.alarms.figures import VERDICTS
from backend.alarms.months import Month
from backend.alarms.rules import CLOCKS
from backend.alarms.schemas_figures import FiguresQuery, FiguresSchema
from backend.alarms.sentences import VERDICT_ZH
from backend.anomalies import kinds
from backend.auth import guard
from backend.core import clock, sheets
from backend.core.api import Blueprint
from backend.core.edge import session
from backend.core.sheets import Cell, Form, Sheet
from backend.policy.service import book

blueprint = Blueprint("alarm_figures", __name__, url_prefix="/api/v1", description="A month's alarms in figures")

HEAD = ("县市代码 county", "县市 name", "月份 month", "报警 alarms", "在办 open", "办结 closed", "撤销 withdrawn")
CLOCK_ZH = {"onsite": "现场", "disposal": "处置"}
COUNTED_ZH = {**VERDICT_ZH, "provisional": "暂定", "median_minutes": "中位分钟"}
COUNTED = (*VERDICTS, "provisional", "median_minutes")


@blueprint.route("/alarms/figures")
@blueprint.arguments(FiguresQuery, location="query")
@blueprint.response(200, FiguresSchema)
def figures(query: dict[str, Any]) -> dict[str, Any]:
    """The alarms raised in a month, by county: how the clocks were kept, as judged now."""
    return _told(query)


def _told(query: dict[str, Any]) -> dict[str, Any]:
    month: Month = query["month"]
    places = months.counties(session(), guard.actor(), query["county"])
    items = [months.figures_of(session(), place, month) for place in places]
    return {"month": str(month), "as_of": clock.now().isoformat(), "causes": causes.names(book()), "items": items}


@blueprint.route("/alarms/figures.csv")
@blueprint.arguments(FiguresQuery, location="query")
@blueprint.response(200, {"type": "string"}, content_type=sheets.MEDIA["csv"])
def as_csv(query: dict[str, Any]) -> Response:
    """The same as CSV; kinds and causes are a table, and so a file, of their own."""
    return _file(query, "csv", [_of_counties])


@blueprint.route("/alarms/figures/causes.csv")
@blueprint.arguments(FiguresQuery, location="query")
@blueprint.response(200, {"type": "string"}, content_type=sheets.MEDIA["csv"])
def causes_as_csv(query: dict[str, Any]) -> Response:
    """The alarms of a month by kind and by cause, as CSV."""
    return _file(query, "csv", [_of_words], "alarms-causes")


@blueprint.route("/alarms/figures.xlsx")
@blueprint.arguments(FiguresQuery, location="query")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=sheets.MEDIA["xlsx"])
def as_xlsx(query: dict[str, Any]) -> Response:
    """The same as a workbook; kinds and causes on a sheet of their own."""
    return _file(query, "xlsx", [_of_counties, _of_words])


def _file(
    query: dict[str, Any], form: Form, tables: list[Callable[[dict[str, Any]], Sheet]], name: str = "alarms"
) -> Response:
    told = _told(query)
    return sheets.download(f"{name}-{told['month']}", form, [table(told) for table in tables])


def _of_counties(told: dict[str, Any]) -> Sheet:
    clocks = [f"{CLOCK_ZH[clock]}{COUNTED_ZH[word]} {clock}.{word}" for clock in CLOCKS for word in COUNTED]
    rows: list[list[Cell]] = [_row(told["month"], item) for item in told["items"]]
    return Sheet("按县市 by county", (*HEAD, *clocks), rows)


def _row(month: str, item: dict[str, Any]) -> list[Cell]:
    clocks = [item[clock][word] for clock in CLOCKS for word in COUNTED]
    counts = [item[word] for word in ("alarms", "open", "closed", "withdrawn")]
    return [item["county"], item["name"], month, *counts, *clocks]


def _of_words(told: dict[str, Any]) -> Sheet:
    causes_called = {code: f"{name['zh']} {name['en']}" for code, name in told["causes"].items()}
    kinds_called = {code: f"{zh} {en}" for code, (zh, en) in kinds.NAMES.items()}
    rows: list[list[Cell]] = [
        [item["county"], item["name"], said, word, names.get(word), count]
        for item in told["items"]
        for said, name, names in (("种类 kind", "by_kind", kinds_called), ("原因 cause", "by_cause", causes_called))
        for word, count in item[name].items()
    ]
    head = ("县市代码 county", "县市 name", "按 by", "项 item", "名称 called", "报警 alarms")
    return Sheet("种类与原因 kinds and causes", head, rows)
