"""What the ledger of sources refuses."""

from backend.core.errors import Problem


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
