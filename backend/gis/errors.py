"""Refusals to GIS clients."""

from backend.core.errors import Problem


class BadQuestion(Problem):
    """A parameter of /ogc/ that is unknown or makes no sense; `errors` names it (OGC API Features answers 400)."""

    code = "bad_question"
    status = 400
    zh = "查询参数有误,请看 errors 中逐项说明。"
    en = "A query parameter is unknown or makes no sense; `errors` names it."
