"""Ways to people outside the app: their own, and the robots of groups."""

import uuid
from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.auth import people
from backend.auth.actor import Actor
from backend.auth.models import Post
from backend.core import clock
from backend.core.errors import Forbidden, NotFound
from backend.notices import carriers, outbox
from backend.notices.errors import BadAddress
from backend.notices.models import Channel, Message
from backend.notices.office import office
from backend.notices.outbox import Outward
from backend.notices.posting import Refused

TEST_TITLES = ("巡格测试消息", "Xunge: a test")


@dataclass(frozen=True)
class Reach:
    """Whom a channel reaches: one person, or everybody with a role in a grid and below it."""

    person_id: uuid.UUID | None = None
    role: str | None = None
    grid_path: str = ""


def add(session: Session, reach: Reach, address: str, language: str, by: uuid.UUID | None = None) -> Channel:
    """A new channel. Raises BadAddress."""
    try:
        carriers.refuse_bad(office().ways, address)
    except Refused as error:
        known = sorted({*carriers.CARRIERS, *office().ways.services})
        raise BadAddress(reason=str(error), carriers=known) from error
    channel = Channel(
        person_id=reach.person_id,
        role=reach.role,
        grid_path=reach.grid_path,
        address=address,
        language=language,
        created_at=clock.now(),
    )
    session.add(channel)
    session.flush()
    audit.record(session, "channel.add", "channel", channel.id, person_id=by, role=reach.role)
    return channel


def allow(session: Session, actor: Actor, reach: Reach) -> None:
    """One's own are one's own affair; a group's is for who maintains its grid. Raises Forbidden."""
    if reach.person_id == actor.person_id:
        return
    if reach.grid_path:
        actor.require("channels.maintain", reach.grid_path)
    elif reach.person_id is None or not people.reaches(session, actor, "channels.maintain", reach.person_id):
        raise Forbidden(needs_role=["administrator"])


def channels(actor: Actor) -> Select[Channel]:
    """Those that this person may maintain: their own, those of groups in their grid and of the people there."""
    theirs = select(Post.person_id).where(actor.visible("channels.maintain", Post.grid_path))
    of_groups = (Channel.grid_path != "") & actor.visible("channels.maintain", Channel.grid_path)
    mine = or_(Channel.person_id == actor.person_id, Channel.person_id.in_(theirs), of_groups)
    return select(Channel).where(Channel.removed_at.is_(None), mine)


def maintained(session: Session, actor: Actor, channel_id: uuid.UUID) -> Channel:
    """One of them. Raises NotFound, also for what this person may not see."""
    channel = session.scalar(channels(actor).where(Channel.id == channel_id))
    if channel is None:
        raise NotFound(channel_id=str(channel_id))
    return channel


def test(session: Session, channel: Channel) -> Message:
    """A message that says that the channel works; it goes out as all others do, and is found in the outbox."""
    outward = Outward({"at": clock.now()}, channel.grid_path)
    message = outbox.written(channel, "channel.test", TEST_TITLES, None, outward)
    session.add(message)
    session.flush()
    return message


def remove(session: Session, channel: Channel, by: uuid.UUID | None = None) -> None:
    """Nothing goes there any more, and its address is forgotten. What waits for it is dropped by the next sender."""
    channel.removed_at, channel.address = clock.now(), ""
    audit.record(session, "channel.remove", "channel", channel.id, person_id=by)
    session.flush()
