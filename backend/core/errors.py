"""One error family: a stable code, an HTTP status, a sentence in zh-CN and English, and the facts to act on.

Served as problem details (RFC 9457). `docs/errors.md` lists every code; a test keeps that list complete.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

import geo.errors
import media.errors
import sync.errors


class Problem(Exception):
    """Parent of every refusal that a user may see. Subclasses say what is wrong; `facts` say with what."""

    code: ClassVar[str]
    status: ClassVar[int] = 422
    zh: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, detail: str | None = None, *, headers: dict[str, str] | None = None, **facts: Any) -> None:
        super().__init__(detail or self.en)
        self.detail = detail
        self.headers = headers or {}
        self.facts = facts


class Invalid(Problem):
    code = "invalid"
    zh = "提交的内容有误,请看 errors 中逐项说明。"
    en = "Something in the request is wrong; `errors` names each place."


class UnknownField(Invalid):
    code = "unknown_field"
    zh = "提交的内容里有不认识的字段。"
    en = "The request has a field that is not known here."


class BadJson(Problem):
    code = "bad_json"
    status = 400
    zh = "请求体不是有效的 JSON。"
    en = "The body is not valid JSON."


class BadText(Problem):
    code = "bad_text"
    zh = "文字中含有不允许的字符(空字符)。"
    en = "A text holds a character that cannot be stored (NUL)."


class TooLarge(Problem):
    code = "too_large"
    status = 413
    zh = "请求体超过允许的大小。"
    en = "The body is larger than allowed."


class NotFound(Problem):
    code = "not_found"
    status = 404
    zh = "没有找到所要的内容。"
    en = "There is nothing here by that name."


class Forbidden(Problem):
    code = "forbidden"
    status = 403
    zh = "您的岗位无权进行此操作。"
    en = "Your post does not allow this."


class StaleVersion(Problem):
    code = "stale_version"
    status = 412
    zh = "该记录已被他人修改,请刷新后再试。"
    en = "Somebody changed this record meanwhile; load it again."


class Busy(Problem):
    code = "busy"
    status = 503
    zh = "服务器繁忙,请稍后再试。"
    en = "The server is busy; try again in a moment."


class HttpRefusal(Problem):
    """What the web framework itself refuses: unknown path, wrong method, wrong media type."""

    code = "http_error"
    status = 400
    zh = "请求无法处理。"
    en = "The request cannot be handled."


class ServerFault(Problem):
    code = "server_fault"
    status = 500
    zh = "服务器内部出错,已记录;您的数据没有丢失,请稍后再试。"
    en = "The server failed; it is on record. Nothing of yours is lost: try again later."


class StoreUnavailable(Busy):
    code = "store_unavailable"
    zh = "图片库暂时不可用,请稍后再试;您的数据没有丢失。"
    en = "The picture store cannot be reached; try again later. Nothing of yours is lost."


SPEAKING_FAMILIES = (geo.errors.GeoError, sync.errors.SyncError)
"""Libraries whose errors say code, status, zh, en and facts themselves."""

FROM_MEDIA: dict[type[media.errors.MediaError], type[Problem]] = {
    media.errors.StoreUnavailable: StoreUnavailable,
    media.errors.ObjectMissing: NotFound,
    media.errors.Undecodable: NotFound,
    media.errors.BadHash: NotFound,
    media.errors.BadKey: NotFound,
}
"""media speaks to programmers; this is what a user sees of it. Whatever is not here is our own fault: server_fault."""


def of_media(error: media.errors.MediaError) -> Problem:
    facts: dict[str, Any] = dict(error.facts)
    return FROM_MEDIA.get(type(error), ServerFault)(**facts)


def every_problem() -> Iterator[type]:
    """Every error class that has a code of its own, of the application and its libraries."""
    waiting: list[type] = [Problem, *SPEAKING_FAMILIES]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "code" in vars(kind):
            yield kind


def as_problem(error: Any, language: str = "zh") -> dict[str, Any]:
    """The problem details (RFC 9457) of an error of the family, as a JSON-ready dict."""
    title, other = (error.en, error.zh) if language == "en" else (error.zh, error.en)
    details = {
        "type": f"/api/docs/errors#{error.code}",
        "code": error.code,
        "status": error.status,
        "title": title,
        "title_en" if language != "en" else "title_zh": other,
    }
    if getattr(error, "detail", None):
        details["detail"] = error.detail
    return details | error.facts
