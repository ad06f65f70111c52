"""What can be wrong with what people want of a matter of maintenance."""

from backend.core.errors import Problem


class MatterClosed(Problem):
    """Fact: `closed_at`."""

    code = "matter_closed"
    status = 409
    zh = "该维护事项已办结。"
    en = "This matter of maintenance is closed already."
