"""Changes of posts and their record with the prefecture, over HTTP and as files."""

from typing import Any

from flask import Response
from sqlalchemy import Select, select

from backend.auth import filings, guard, roles
from backend.auth.models import Filing, Post
from backend.auth.records import records
from backend.auth.schemas_filings import FiledSchema, FileSchema, FilingFilter, FilingPage, FilingQuery
from backend.auth.territory import passes_through
from backend.core import clock, sheets
from backend.core.api import Blueprint
from backend.core.edge import application, session
from backend.core.errors import Forbidden
from backend.core.instants import iso
from backend.core.paging import newest_first
from backend.core.sheets import Cell, Form, Sheet

blueprint = Blueprint("filings", __name__, url_prefix="/api/v1", description="Changes of posts, put on record")

COLUMNS = (
    "变更 change",
    "姓名 name",
    "岗位 role",
    "专职 full_time",
    "网格 grid",
    "网格代码 code",
    "生效时间 effective_at",
    "状态 state",
    "备案日期 filed_on",
    "备注 note",
    "编号 id",
)
CHANGE_ZH = {"appoint": "任命", "dismiss": "免去"}
STATE_ZH = {"pending": "待备案", "filed": "已备案"}


@blueprint.route("/filings")
@blueprint.arguments(FilingQuery, location="query")
@blueprint.response(200, FilingPage)
def listed(query: dict[str, Any]) -> dict[str, Any]:
    """The changes of posts in my part of the tree, the newest first."""
    rows, following = newest_first(session(), _wanted(query), Filing.id, query)
    return {"items": [_record(filing) for (filing,) in rows], "next": following}


@blueprint.route("/filings.csv")
@blueprint.arguments(FilingFilter, location="query")
@blueprint.response(200, {"type": "string"}, content_type=sheets.MEDIA["csv"])
def as_csv(query: dict[str, Any]) -> Response:
    """The same as CSV, all of it."""
    return _file(query, "csv")


@blueprint.route("/filings.xlsx")
@blueprint.arguments(FilingFilter, location="query")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=sheets.MEDIA["xlsx"])
def as_xlsx(query: dict[str, Any]) -> Response:
    """The same as a workbook."""
    return _file(query, "xlsx")


@blueprint.route("/filings/file", methods=["POST"])
@blueprint.arguments(FileSchema)
@blueprint.response(200, FiledSchema)
def file(given: dict[str, Any]) -> dict[str, int]:
    """Put changes on record: all of them or none."""
    on = given["on"] or clock.now().astimezone(application().settings.zone).date()
    filings.file(session(), guard.actor(), given["ids"], on, given["note"])
    return {"filed": len(set(given["ids"]))}


def _wanted(query: dict[str, Any]) -> Select[Filing]:
    me = guard.actor()
    if not me.somewhere("filings.read"):
        raise Forbidden(needs_role=roles.roles_for("filings.read"))
    wanted = select(Filing).join(Filing.post).where(filings.visible(me))
    for name in ("state", "change"):
        if query[name] is not None:
            wanted = wanted.where(getattr(Filing, name) == query[name])
    if query["grid"] is not None:
        wanted = wanted.where(passes_through(Post.grid_path, query["grid"]))
    if query["since"] is not None:
        wanted = wanted.where(Filing.effective_at >= query["since"])
    if query["until"] is not None:
        wanted = wanted.where(Filing.effective_at < query["until"])
    return wanted


def _record(filing: Filing) -> dict[str, Any]:
    return {
        "id": str(filing.id),
        "change": filing.change,
        "effective_at": filing.effective_at.isoformat(),
        "state": filing.state,
        "recorded_at": filing.recorded_at.isoformat(),
        "recorded_by": str(filing.recorded_by) if filing.recorded_by else None,
        "filed_on": iso(filing.filed_on),
        "filed_at": iso(filing.filed_at),
        "filed_by": str(filing.filed_by) if filing.filed_by else None,
        "note": filing.note,
        "post": records(session(), [filing.post])[0],
    }


def _file(query: dict[str, Any], form: Form) -> Response:
    rows = [_row(filing) for filing in session().scalars(_wanted(query).order_by(Filing.id.desc()))]
    return sheets.download("filings", form, [Sheet("岗位变更备案 filings", COLUMNS, rows)])


def _row(filing: Filing) -> list[Cell]:
    post, zone = filing.post, application().settings.zone
    return [
        CHANGE_ZH[filing.change],
        post.person_name,
        post.role,
        "是" if post.full_time else "",
        post.grid_name,
        post.grid_code,
        f"{filing.effective_at.astimezone(zone):%Y-%m-%d %H:%M}",
        STATE_ZH[filing.state],
        iso(filing.filed_on),
        filing.note,
        str(filing.id),
    ]
