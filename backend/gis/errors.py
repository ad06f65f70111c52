"""Refusals to GIS clients."""

from backend.core.errors import Problem


class BadQuestion(Problem):
    """A parameter of /ogc/ that is unknown or makes no sense; `errors` names it (OGC API Features answers 400)."""

    code = "bad_question"
    status = 400
    zh = "查询参数有误,请看 errors 中逐项说明。"
    en = "A query parameter is unknown or makes no sense; `errors` names it."


class SystemNotForForm(Problem):
    """A file of this form cannot say that it is in another system; `forms` are those that can."""

    code = "crs_not_for_format"
    zh = "该格式只能是 WGS84 坐标系,请换用其他格式。"
    en = "A file of this format is in WGS 84 always; ask for another format."
