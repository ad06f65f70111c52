"""The office with ways out that lead to a receiver of the test's own."""

import ipaddress
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select

from backend.core.edge import Application
from backend.core.settings import Settings
from backend.core.ways import ROBOTS, Ways
from backend.notices import channels, sending, service
from backend.notices.channels import Reach
from backend.notices.models import Channel, Message
from backend.notices.outbox import Outward
from tests.backend.cast import VILLAGE_A1, Member
from tests.backend.notices.receiver import Receiver, receiving

HERE = ipaddress.ip_network("127.0.0.0/8")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def ways(receiver: Receiver) -> Ways:
    """Everything leads to the receiver."""
    robots = dict.fromkeys(ROBOTS, receiver.base)
    return Ways(hosts=frozenset({"127.0.0.1"}), networks=(HERE,), robots=robots)


@pytest.fixture
def settings(settings: Settings, ways: Ways) -> Settings:
    return replace(settings, ways=ways)


@dataclass
class Post:
    """What happens to messages, one line each."""

    app: Application
    cast: dict[str, Member]
    receiver: Receiver

    def channel(self, address: str, person: str | None = None, **reach: Any) -> uuid.UUID:
        with self.app.app_context(), self.app.database.transaction() as session:
            reach = reach or {"person_id": self.cast[person or "Aygul"].id}
            return channels.add(session, Reach(**reach), address, "zh").id

    def tell(self, *names: str, kind: str = "alarm.instruct", roles: tuple[str, ...] = (), note: str = "速去") -> None:
        facts: dict[str, Any] = {"place": "红星社区", "what": "PM2.5 超标", "onsite_due": None, "disposal_due": None}
        if kind == "problem.assign":
            facts = {"place": "红星社区", "number": "1", "due": None}
        outward = Outward(facts | {"note": note}, VILLAGE_A1, roles)
        with self.app.app_context(), self.app.database.transaction() as session:
            people = [self.cast[name].id for name in names]
            service.notify(session, people, kind, "您有新的报警派单", "An alarm was given to you", outward=outward)

    def send(self) -> int:
        with self.app.app_context():
            return sending.send_due()

    def messages(self) -> list[Message]:
        with self.app.database.transaction(write=False) as session:
            return list(session.scalars(select(Message).order_by(Message.id)))

    def states(self) -> list[str]:
        return [message.state for message in self.messages()]

    def remove(self, channel_id: uuid.UUID) -> None:
        with self.app.app_context(), self.app.database.transaction() as session:
            channels.remove(session, session.get_one(Channel, channel_id))


@pytest.fixture
def post(app: Application, cast: dict[str, Member], receiver: Receiver, hand: object) -> Post:
    return Post(app, cast, receiver)
