"""What can be wrong with messages and their channels."""

from backend.core.errors import Problem


class BadAddress(Problem):
    """Facts: `reason`, `carriers` (what an address may begin with)."""

    code = "channel_address"
    zh = "通知渠道的地址不能使用。"
    en = "This address of a channel cannot be used."


class NotDead(Problem):
    """Facts: `state`."""

    code = "message_not_dead"
    status = 409
    zh = "只有投递失败的消息才能重新发送。"
    en = "Only a dead letter can be sent again."
