"""The queues of the outbox, one for each channel, asked so that a long one costs no more than a short one.

A window over all that is due would read 100,000 messages to send eight. Here each channel with anything waiting is one
step along an index, and what it hears next is one look or two into the same index.
"""

import uuid
from datetime import datetime

from sqlalchemy import CTE, ScalarSelect, and_, func, select
from sqlalchemy.orm import Session, aliased

from backend.notices.models import Message


def next_ones(session: Session, now: datetime) -> list[uuid.UUID]:
    """What each channel is to hear next: the first message that is due, what is urgent before the rest."""
    channels = _channels()
    first = func.coalesce(_first(channels, now, urgent=True), _first(channels, now, urgent=False))
    return [found for found in session.scalars(select(first).where(channels.c.id.is_not(None))) if found]


def _channels() -> CTE:
    """The channels for which anything waits, one after the other, and None at their end."""
    first = select(Message.channel_id).where(Message.state == "waiting").order_by(Message.channel_id).limit(1)
    channels = select(first.scalar_subquery().label("id")).cte("channels", recursive=True)
    message = aliased(Message)
    beyond = and_(message.state == "waiting", message.channel_id > channels.c.id)
    following = select(message.channel_id).where(beyond).order_by(message.channel_id).limit(1).scalar_subquery()
    return channels.union_all(select(following).where(channels.c.id.is_not(None)))


def _first(channels: CTE, now: datetime, *, urgent: bool) -> ScalarSelect[uuid.UUID]:
    message = aliased(Message)
    queue = message.state == "waiting", message.channel_id == channels.c.id, message.urgent == urgent
    due = select(message.id).where(*queue, message.due_at <= now)
    return due.order_by(message.due_at, message.id).limit(1).scalar_subquery()
