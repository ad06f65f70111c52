"""Emptying the outbox: a few messages at a time, each to another channel, side by side and with no transaction open."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Literal, NamedTuple

import structlog

from backend.core.database import Database
from backend.core.edge import application
from backend.core.ways import Ways
from backend.notices import carriers, outbox
from backend.notices.office import office
from backend.notices.outbox import Taken
from backend.notices.posting import NotNow, Refused

SIDE_BY_SIDE = 8
ROUNDS = 50
"""Then the worker's loop has its turn; what is left is taken a second later."""

log = structlog.get_logger("notices")


class Outcome(NamedTuple):
    """What became of an attempt, why, and how long to wait at least before the next."""

    what: Literal["sent", "refused", "not_now"]
    why: str = ""
    wait: timedelta = timedelta(0)


def send_due() -> int:
    """Send what is due. Returns how many attempts were made. Harmless to run many times at once."""
    database, ways, attempts = application().database, office().ways, 0
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="sender") as senders:
        for _ in range(ROUNDS):
            with database.transaction() as session:
                taken = outbox.take(session, SIDE_BY_SIDE)
            if not taken:
                break
            outcomes = senders.map(partial(_attempt, ways), taken)
            for one, outcome in zip(taken, outcomes, strict=True):
                _record(database, one, outcome)
            attempts += len(taken)
    return attempts


def _attempt(ways: Ways, taken: Taken) -> Outcome:
    try:
        carriers.send(ways, taken.address, taken.letter)
    except Refused as error:
        return Outcome("refused", str(error))
    except NotNow as error:
        return Outcome("not_now", str(error), error.at_least)
    except Exception as error:  # a fault of a carrier must not keep the other messages; what it says may hold a token
        log.error("carrier failed", message_id=str(taken.id), fault=type(error).__name__)
        return Outcome("not_now", type(error).__name__)
    return Outcome("sent")


def _record(database: Database, taken: Taken, outcome: Outcome) -> None:
    what, why, wait = outcome
    with database.transaction() as session:
        if what == "sent":
            outbox.delivered(session, taken)
        elif what == "refused":
            outbox.refused(session, taken, why)
        else:
            outbox.put_off(session, taken, why, wait)
    log.info("message", message_id=str(taken.id), kind=taken.letter.kind, outcome=what, why=why, attempt=taken.attempts)
