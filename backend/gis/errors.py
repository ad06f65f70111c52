"""Refusals to GIS clients."""

from backend.core.errors import Forbidden, Problem


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


class TooManyFeatures(Problem):
    """`features` there are, and a file of this form has room for `most`."""

    code = "too_many_features"
    zh = "要素太多，该格式的文件放不下，请缩小范围或换用其他格式。"
    en = "There are more features than a file of this format has room for; ask for less, or for another format."


class TooManyExports(Problem):
    """`exports` lists those that are there; one that is not needed can be put away."""

    code = "too_many_exports"
    status = 409
    zh = "您的导出任务已达上限，请先取消不再需要的任务。"
    en = "You have as many exports as one may have: put one away first."


class ExportNotReady(Problem):
    """There is no file: not yet, or none any more. `state` says why; `done` of `total` features are written."""

    code = "export_not_ready"
    status = 409
    zh = "该导出没有可下载的文件：尚未完成，或已取消、失败、过期。"
    en = "This export has no file: not yet, or it was cancelled, failed or has expired."


class ExportOfOtherPosts(Forbidden):
    """It holds what the posts of then let its owner see."""

    code = "export_of_other_posts"
    zh = "您的岗位在导出之后有变动，请重新导出。"
    en = "Your posts have changed since this was asked for: ask anew."


class ExportFailed(Problem):
    """Of an export that broke off each time; why is in the server's log."""

    code = "export_failed"
    status = 500
    zh = "导出多次中断，已停止；请稍后重新导出。"
    en = "The export broke off several times and was given up; ask for it again later."


class NoRoomForExports(Problem):
    """The server keeps its last free bytes for records."""

    code = "no_room_for_exports"
    status = 507
    zh = "服务器存储空间不足，暂时不能生成导出文件，请联系管理员。"
    en = "The server has no room for files of exports now; tell whoever runs it."
