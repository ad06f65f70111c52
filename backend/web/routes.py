"""Pages for whoever opens the server in a browser: what runs here, and how to talk to it. No sign-in, no scripts."""

from typing import Any

from flask import Blueprint, Flask, Response, current_app, render_template

from backend.core import clock
from backend.core.edge import application, session
from backend.demo import about, accounts
from backend.policy.service import day_of
from backend.web import codes, description, figures
from backend.web.drawing import Drawings

blueprint = Blueprint(
    "web", __name__, template_folder="templates", static_folder="static", static_url_path="/static/web"
)

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}

CHINESE = {
    "sign_in": "登录",
    "auth": "本人与设备",
    "people": "人员与岗位",
    "filings": "岗位变更备案",
    "handover": "在办工作与移交",
    "recusals": "回避",
    "grids": "网格",
    "bundles": "手机用网格边界",
    "revisions": "边界修订",
    "revisions_in": "边界文件接收",
    "exports": "地理数据导出",
    "long_exports": "大型地理数据导出",
    "gis_tokens": "地图软件令牌",
    "notices": "消息",
    "channels": "通知渠道与发件箱",
    "jobs": "后台任务",
    "rota": "值班",
    "alarm_dispatch": "派单",
    "alarm_figures": "报警统计",
    "lists": "清单",
    "problems": "问题台账",
    "photos": "图片证据",
    "sources": "污染源",
    "patrols": "任务、巡查、表单",
    "stations": "空气站",
    "station_keys": "站点密钥",
    "maintenance": "站点维护",
    "readings_of": "监测数据查询",
    "readings": "监测数据接入",
    "frames": "HJ 212 报文",
    "alarms": "报警与时限",
    "alarm_decisions": "报警裁定与豁免",
    "matters": "设备维护事项",
    "inbox": "未生效的工作",
    "sync": "离线同步",
}
"""Titles of the API's groups, by the name of the blueprint."""


def install(app: Flask) -> None:
    """Give the application the pages and a place for the drawn map."""
    app.extensions["web"] = Drawings()
    app.register_blueprint(blueprint)


@blueprint.after_request
def protect(answer: Response) -> Response:
    """Nothing on these pages comes from elsewhere, and no other page may frame them."""
    answer.headers.update(HEADERS)
    if answer.mimetype == "text/html":
        answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.route("/")
def home() -> str:
    """What runs here, what of it is real, where to go."""
    settings = application().settings
    drawings: Drawings = current_app.extensions["web"]
    sheet = drawings.sheet(session())
    return render_template(
        "web/home.html",
        figures=figures.figures(session(), day_of(clock.now(), settings.zone)),
        sheet=sheet,
        dots=figures.dots(session(), sheet.frame) if sheet else (),
        legend=figures.LEGEND,
        about=about.ROWS if settings.demo else (),
        accounts=settings.data / accounts.ACCOUNTS if settings.demo else None,
    )


@blueprint.route("/api/docs")
def api() -> str:
    """The OpenAPI document, to be read."""
    document: dict[str, Any] = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].description()
    groups = description.groups(document, application().unguarded)
    return render_template("web/api.html", info=document["info"], groups=groups, chinese=CHINESE)


@blueprint.route("/api/docs/errors")
def errors() -> str:
    """Every error code. The `type` of a problem points here."""
    return render_template("web/errors.html", codes=codes.codes())
