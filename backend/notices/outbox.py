"""Messages on their way out: written with what causes them, taken by one sender at a time, recorded after sending.

Three short transactions, and none is open while the network is called. What a crash leaves: before the taking is
committed, nothing happened; after it the lease runs out and the message is sent again. If the receiver had it already,
it has it twice (at least once, never less): both carry the same number.
"""

import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import Session, contains_eager

from backend.auth.actor import Actor
from backend.auth.models import Person
from backend.auth.territory import upwards
from backend.core import clock
from backend.core.database import remembered
from backend.core.errors import NotFound
from backend.core.ids import new_id
from backend.notices import rules
from backend.notices.carriers import Letter
from backend.notices.errors import NotDead
from backend.notices.models import Channel, Message
from backend.notices.office import office
from backend.notices.queues import next_ones
from backend.notices.texts import Fact, letter
from backend.policy.service import book

STATES = ("waiting", "sent", "dead", "dropped")
"""Dead: tried as often as the policy says, or refused for good. Dropped: its channel or its person is gone."""

LEASE = timedelta(minutes=2)
"""Longer than an attempt lasts: nobody takes a message that somebody is sending."""
LOOKED_AT = 200
_DICE = secrets.SystemRandom()


@dataclass(frozen=True)
class Outward:
    """What a notice says outside the app: `facts` for the text of its kind, and the grid that it is about.

    The robots of `roles` in this grid and above it are told too, whoever is on duty.
    """

    facts: Mapping[str, Fact]
    grid_path: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taken:
    """A message that is being sent: what a sender needs while no transaction is open."""

    id: uuid.UUID
    channel_id: uuid.UUID
    lease: uuid.UUID
    attempts: int
    address: str
    letter: Letter


def post(
    session: Session,
    people: Iterable[uuid.UUID],
    kind: str,
    titles: tuple[str, str],
    subject: tuple[str, uuid.UUID] | None,
    outward: Outward,
) -> None:
    """Write the messages that go out with a notice: to these people's own channels, and to the robots of a group."""
    for channel in _ways(session, tuple(people), outward):
        session.add(written(channel, kind, titles, subject, outward))


def _ways(session: Session, people: tuple[uuid.UUID, ...], outward: Outward) -> list[Channel]:
    """The channels of these people and of the group; a sweep asks the same for many alarms of one place."""
    known: dict[Any, list[Channel]] = remembered(session).setdefault("notices.ways", {})
    asked = (people, outward.roles, outward.grid_path)
    if asked not in known:
        reached = or_(
            Channel.person_id.in_(people),
            and_(Channel.role.in_(outward.roles), Channel.grid_path.in_(upwards(outward.grid_path))),
        )
        ways = select(Channel).outerjoin(Person, Channel.person_id == Person.id).where(reached)
        open_ways = ways.where(Channel.removed_at.is_(None), Person.disabled_at.is_(None))
        known[asked] = list(session.scalars(open_ways))
    return known[asked]


def written(
    channel: Channel, kind: str, titles: tuple[str, str], subject: tuple[str, uuid.UUID] | None, outward: Outward
) -> Message:
    """A message to a channel, not yet in the session."""
    now, number, policy = clock.now(), new_id(), book().as_of(clock.now()).notices
    title = titles[channel.language == "en"]
    text = office().texts.text(kind, channel.language, outward.facts)
    collection, subject_id = subject or (None, None)
    return Message(
        id=number,
        channel_id=channel.id,
        grid_path=outward.grid_path,
        kind=kind,
        urgent=kind in policy.urgent,
        title=title,
        text=letter(title, text, number, channel.language),
        subject_collection=collection,
        subject_id=subject_id,
        created_at=now,
        state="waiting",
        due_at=rules.leaves_at(kind, now, policy, book().zone),
        attempts=0,
    )


def take(session: Session, many: int) -> list[Taken]:
    """Take up to `many` messages that are due, each of another channel, what is urgent first. Nobody else has them.

    What has been taken as often as the policy allows without ever being recorded, killed its senders: it is dead.
    """
    now, policy = clock.now(), book().as_of(clock.now()).notices
    in_order = (Message.urgent.desc(), Message.due_at, Message.id)
    # what is next was found without a lock: as it is locked, it is asked again whether it still waits
    due = (
        select(Message, Person.disabled_at)
        .join(Message.channel)
        .outerjoin(Person, Channel.person_id == Person.id)
        .options(contains_eager(Message.channel))
        .where(Message.id.in_(next_ones(session, now)), Message.state == "waiting", Message.due_at <= now)
        .order_by(*in_order)
        .limit(LOOKED_AT)
        .with_for_update(skip_locked=True, of=Message)
        .execution_options(populate_existing=True)
    )
    taken: list[Taken] = []
    for message, disabled_at in session.execute(due).all():
        if len(taken) == many:
            break
        if message.channel.removed_at or disabled_at:
            _drop(session, message.channel_id)
        elif message.attempts >= policy.attempts:
            _end(message, "dead", "never recorded")
        else:
            taken.append(_taken(message))
    session.flush()
    return taken


def _taken(message: Message) -> Taken:
    message.attempts += 1
    message.due_at, message.lease = clock.now() + LEASE, new_id()
    said = Letter(message.id, message.kind, message.urgent, message.title, message.text, message.created_at)
    return Taken(message.id, message.channel_id, message.lease, message.attempts, message.channel.address, said)


def _end(message: Message, state: str, error: str | None = None) -> None:
    message.state, message.lease, message.last_error, message.ended_at = state, None, error, clock.now()


def _drop(session: Session, channel_id: uuid.UUID) -> None:
    """All that waits for a channel which nobody has any more, but for what is being sent, whose word is still to come.

    It waits for no row, lest it and who puts off this channel wait for each other: the next turn finds what is left.
    """
    now = clock.now()
    unsent = or_(Message.lease.is_(None), Message.due_at <= now)
    waiting = select(Message.id).where(Message.channel_id == channel_id, Message.state == "waiting", unsent)
    gone = update(Message).where(Message.id.in_(waiting.with_for_update(skip_locked=True)))
    gone = gone.values(state="dropped", lease=None, ended_at=now)
    session.execute(gone.execution_options(synchronize_session=False))


def _ours(session: Session, taken: Taken) -> Message | None:
    """The message, locked, unless somebody else has taken it since: theirs is the word that counts."""
    same = select(Message).where(Message.id == taken.id, Message.lease == taken.lease, Message.state == "waiting")
    return session.scalar(same.with_for_update())


def delivered(session: Session, taken: Taken) -> None:
    """The receiver has it."""
    if message := _ours(session, taken):
        _end(message, "sent")


def refused(session: Session, taken: Taken, reason: str) -> None:
    """Trying again would not help: a person has to look."""
    if message := _ours(session, taken):
        _end(message, "dead", reason)


def put_off(session: Session, taken: Taken, reason: str, at_least: timedelta = timedelta(0)) -> None:
    """It may go better later, and not before the receiver wants to hear of us again. All else for this channel waits as
    long, or a dead one would hold up the others."""
    if (message := _ours(session, taken)) is None:
        return
    policy = book().as_of(clock.now()).notices
    if taken.attempts >= policy.attempts:
        _end(message, "dead", reason)
        return
    again = clock.now() + max(rules.pause(taken.attempts, _DICE.random(), policy), at_least)
    message.due_at, message.lease, message.last_error = again, None, reason
    session.flush()
    others = update(Message).where(
        Message.channel_id == taken.channel_id,
        Message.state == "waiting",
        Message.lease.is_(None),
        Message.due_at < again,
    )
    session.execute(others.values(due_at=again).execution_options(synchronize_session=False))


def messages(actor: Actor, state: str | None) -> Select[Message]:
    """What went out, or did not, about this person's part of the tree; and what is about no part of it, by a channel of
    their own: its test."""
    mine = select(Channel.id).where(Channel.person_id == actor.person_id)
    own = and_(Message.grid_path == "", Message.channel_id.in_(mine))
    found = select(Message).where(or_(actor.visible("outbox.read", Message.grid_path), own))
    return found.where(Message.state == state) if state else found


def retry(session: Session, actor: Actor, message_id: uuid.UUID) -> Message:
    """A dead letter sets out again, with all its attempts before it. Raises NotFound, Forbidden, NotDead."""
    message = session.get(Message, message_id, with_for_update=True)
    if message is None:
        raise NotFound(message_id=str(message_id))
    actor.require("outbox.retry", message.grid_path)
    if message.state != "dead":
        raise NotDead(state=message.state)
    message.state, message.attempts, message.due_at, message.ended_at = "waiting", 0, clock.now(), None
    session.flush()
    return message


def counted(session: Session) -> dict[str, float]:
    """How many messages wait, and how many are dead letters."""
    states = select(Message.state, func.count()).where(Message.state.in_(("waiting", "dead"))).group_by(Message.state)
    return {"waiting": 0.0, "dead": 0.0} | {row[0]: float(row[1]) for row in session.execute(states)}
