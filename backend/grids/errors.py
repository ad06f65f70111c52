"""Refusals of boundaries."""

from backend.core.errors import Busy, Problem


class BoundariesRefused(Problem):
    code = "boundaries_refused"
    zh = "边界检查未通过,未发布;findings 中逐项说明。"
    en = "The boundaries did not pass their check and were not published; `findings` names each fault."


class RevisionOutOfOrder(Problem):
    code = "revision_out_of_order"
    status = 409
    zh = "生效时间必须晚于上一版边界,且不得早于现在。"
    en = "A revision takes effect after the one before it, and not in the past."


class GridsWouldMove(Problem):
    code = "grids_would_move"
    status = 409
    zh = "有网格改变上级或被撤销,而未说明由谁承接,未发布;proposals 是按面积推算的建议,请确认。"
    en = (
        "Grids would change their parent or vanish, and nobody said what takes their place: `proposals` are to confirm."
    )


class RevisionOutdated(Problem):
    code = "revision_outdated"
    status = 409
    zh = "草稿检查之后另有边界发布,请在新边界上重新检查。"
    en = "Other boundaries were published since this draft was checked: check it again upon them."


class RevisionInForce(Problem):
    code = "revision_in_force"
    status = 409
    zh = "该版边界已经生效,不能撤回;请发布新的一版。"
    en = "These boundaries are in force and cannot be withdrawn: publish others."


class RevisionFollowed(Problem):
    code = "revision_followed"
    status = 409
    zh = "其后另有一版边界以此为基础,请先撤回那一版。"
    en = "Another revision was made upon this one: withdraw that one first."


class TooManyPoints(Problem):
    code = "too_many_points"
    status = 413
    zh = "一次查询的位置过多,请按 limit 分批。"
    en = "There are too many positions in one request: send them in parts of at most `limit`."


class DraftClosed(Problem):
    code = "draft_closed"
    status = 409
    zh = "该草稿已发布或已撤回。"
    en = "This draft was published or withdrawn."


class DraftFaulty(Problem):
    code = "draft_faulty"
    status = 409
    zh = "草稿的检查报告里有必须先改正的问题,未发布。"
    en = "The report of this draft has findings that must be mended first: nothing was published."


class ReadersBusy(Busy):
    """As many files are being read as this server reads at a time. `draft` is kept: check it in a moment."""

    code = "readers_busy"
    zh = "正在读取的边界文件已达上限;文件已保存,请稍后重新检查该草稿。"
    en = "The server reads as many files of boundaries as it may at a time. The file is kept: check it in a moment."
