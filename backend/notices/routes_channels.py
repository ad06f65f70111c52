"""Channels, and what went out by them."""

import uuid
from typing import Any

from backend.auth import guard
from backend.core.api import Blueprint, PageQuery
from backend.core.edge import session
from backend.core.paging import newest_first
from backend.notices import channels, outbox
from backend.notices.channels import Reach
from backend.notices.models import Channel, Message
from backend.notices.records import channel_record, message_record
from backend.notices.schemas_channels import (
    ChannelAdd,
    ChannelPage,
    ChannelSchema,
    MessagePage,
    MessageSchema,
    OutboxQuery,
)

blueprint = Blueprint("channels", __name__, url_prefix="/api/v1/notices", description="Messages outside the app")


@blueprint.route("/channels")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, ChannelPage)
def listed(query: dict[str, Any]) -> dict[str, Any]:
    """My own channels, and those that I maintain."""
    rows, following = newest_first(session(), channels.channels(guard.actor()), Channel.id, query)
    return {"items": [channel_record(channel) for (channel,) in rows], "next": following}


@blueprint.route("/channels", methods=["POST"])
@blueprint.arguments(ChannelAdd)
@blueprint.response(201, ChannelSchema)
def add(given: dict[str, Any]) -> dict[str, Any]:
    """A way to me, to somebody else, or to everybody with a role in a grid."""
    me = guard.actor()
    reach = Reach(given["person_id"] or (None if given["role"] else me.person_id), given["role"], given["path"])
    channels.allow(session(), me, reach)
    return channel_record(channels.add(session(), reach, given["address"], given["language"], me.person_id))


@blueprint.route("/channels/<uuid:channel_id>/test", methods=["POST"])
@blueprint.response(200, MessageSchema)
def test(channel_id: uuid.UUID) -> dict[str, Any]:
    """Send a message that says that the channel works; it leaves in a moment, and the outbox says how it went."""
    return message_record(channels.test(session(), channels.maintained(session(), guard.actor(), channel_id)))


@blueprint.route("/channels/<uuid:channel_id>", methods=["DELETE"])
@blueprint.response(204)
def remove(channel_id: uuid.UUID) -> None:
    """Send nothing there any more, and forget the address."""
    me = guard.actor()
    channels.remove(session(), channels.maintained(session(), me, channel_id), me.person_id)


@blueprint.route("/outbox")
@blueprint.arguments(OutboxQuery, location="query")
@blueprint.response(200, MessagePage)
def messages(query: dict[str, Any]) -> dict[str, Any]:
    """What goes out about my part of the tree: attempts, and why it did not arrive."""
    rows, following = newest_first(session(), outbox.messages(guard.actor(), query["state"]), Message.id, query)
    return {"items": [message_record(message) for (message,) in rows], "next": following}


@blueprint.route("/outbox/<uuid:message_id>/retry", methods=["POST"])
@blueprint.response(200, MessageSchema)
def retry(message_id: uuid.UUID) -> dict[str, Any]:
    """Let a dead letter set out again."""
    return message_record(outbox.retry(session(), guard.actor(), message_id))
