"""Refusals of boundaries."""

from backend.core.errors import Problem


class BoundariesRefused(Problem):
    code = "boundaries_refused"
    zh = "边界检查未通过,未发布;findings 中逐项说明。"
    en = "The boundaries did not pass their check and were not published; `findings` names each fault."


class RevisionOutOfOrder(Problem):
    code = "revision_out_of_order"
    status = 409
    zh = "生效时间必须晚于上一版边界,且不得晚于现在。"
    en = "A revision takes effect after the one before it, and not in the future."


class GridsWouldMove(Problem):
    code = "grids_would_move"
    status = 409
    zh = "有网格改变上级或被撤销,其岗位、污染源和问题无法随之调整,未发布。"
    en = "Grids would change their parent or vanish, and what lies in them could not follow: nothing was published."
