"""What can be wrong with what people want of a rota."""

from backend.core.errors import Problem


class NotDispatcher(Problem):
    """Facts: `person_id`, `needs_role`, `needs_grid`."""

    code = "not_dispatcher"
    zh = "值班人员必须是该县(市、园区)本级在岗的调度员。"
    en = "Who is on duty must hold a dispatcher's post of the county itself at that time."


class TurnOver(Problem):
    """Facts: `ends_at`, `now`."""

    code = "turn_over"
    status = 409
    zh = "该班次已经结束,不能再更改。"
    en = "This turn is over; what was, stays."


class TurnGone(Problem):
    """Facts: `turn_id`, `removed_at`, `replaced_by` (an id, or null)."""

    code = "turn_gone"
    status = 409
    zh = "该班次已被他人更改或撤下,请重新读取值班表。"
    en = "Somebody changed this turn or took it off meanwhile; load the rota again."
