"""Two at once: readings, deliveries, sweepers."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from backend.alarms.models import Alarm, AlarmEvent, EscalationStep
from backend.core import clock
from backend.notices.models import Notice
from tests.backend.alarms.conftest import Hands
from tests.backend.cast import MONDAY
from tests.backend.stations.world import reading
from tests.backend.together import at_once


def test_exceedances_at_once_make_one_alarm(hands: Hands) -> None:
    moments = [(MONDAY - timedelta(milliseconds=number)).isoformat() for number in range(8)]
    at_once(*(lambda moment=moment: hands.station.statuses(reading(300, at=moment)) for moment in moments))
    with hands.app.database.transaction(write=False) as session:
        alarm = session.scalars(select(Alarm)).one()
        assert session.scalars(select(AlarmEvent.type).order_by(AlarmEvent.number)).all() == ["raised", "ordered"]
        assert alarm.state == "ordered"


def test_deliveries_at_once_are_one(hands: Hands) -> None:
    alarm = hands.raised()
    at_once(*[lambda: hands.deliver("Ding", alarm)] * 6)
    assert hands.events(alarm) == ["raised", "ordered", "received"]


def test_two_sweepers_escalate_once(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hand.move(days=1)
    at_once(*[hands.sweep] * 4)
    hands.sweep()
    assert hands.events(alarm).count("escalated") == 6
    with hands.app.database.transaction(write=False) as session:
        assert session.scalar(select(sa.func.count()).select_from(EscalationStep)) == 6
        escalations = select(sa.func.count()).select_from(Notice).where(Notice.kind == "alarm.escalate")
        assert session.scalar(escalations) == 8


def test_a_sweeper_that_slept_skips_no_step(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hand.move(minutes=61)
    hands.instruct(alarm)  # happens while nobody sweeps, and plans the next wake-up
    hands.sweep()
    assert hands.events(alarm).count("escalated") == 2


def test_an_alarms_chronicle_cannot_be_changed(hands: Hands) -> None:
    hands.raised()
    for statement in ("UPDATE alarm_events SET type = 'closed'", "DELETE FROM alarm_events"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), hands.app.database.transaction() as session:
            session.execute(sa.text(statement))
