"""What the ledger of sources refuses."""

from backend.core.errors import Forbidden, Problem


class UnknownGrid(Problem):
    """Fact: `grid`."""

    code = "unknown_grid"
    zh = "没有这个网格。"
    en = "There is no such grid."


class AlreadyDecided(Problem):
    """Fact: `state`."""

    code = "already_decided"
    status = 409
    zh = "该建议已经处理过。"
    en = "This proposal has been decided already."


class RecusalStands(Problem):
    """Fact: `recusal_id`."""

    code = "recusal_stands"
    status = 409
    zh = "该人员在此期间已登记回避此污染源。"
    en = "This person is kept off this source in that time already."


class RecusalOver(Problem):
    """Fact: `until`."""

    code = "recusal_over"
    status = 409
    zh = "该回避已经结束。"
    en = "This recusal is over already."


class OwnRecusal(Forbidden):
    code = "own_recusal"
    zh = "不能解除自己的回避,请由他人办理。"
    en = "Nobody lifts their own recusal; somebody else has to."
