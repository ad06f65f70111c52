"""The loop closes: what caused it, what was done, what came of it, and what is to be learnt (CJ-3).

Closing needs feedback from the site and a result of handling. Where the field has sent the result it need not be said
again; where it has not, the county reports it by closing, and that is what meets, or does not meet, the second clock.
An alarm that was none is withdrawn instead, and needs neither; nor does one of which nothing can turn either verdict.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from backend.alarms import chronicle, review
from backend.alarms.models import Alarm
from backend.alarms.rules import Happening
from backend.alarms.service import commands, end, entitled
from backend.core.errors import Invalid
from backend.evidence.act import Act

OTHER = "other"


@dataclass(frozen=True)
class Closing:
    """`cause` is one of the policy's; `measures` and `result` may be left out where the field has reported them."""

    summary: str
    cause: str = OTHER
    measures: str | None = None
    result: str | None = None


def close(session: Session, alarm_id: uuid.UUID, act: Act, said: Closing) -> Alarm:
    """Raises NotFound, Forbidden, WrongState, Invalid (no such cause; nothing known of measures or result)."""
    alarm = entitled(session, alarm_id, act.actor, "alarms.close")
    known = chronicle.known(session, alarm)
    decided = review.final(chronicle.judged(alarm, known).values())
    chronicle.allow(alarm, "close", decided=decided)
    handling = _handling(alarm, known, said, needed=not decided)
    if alarm.state == "on_site" and all(handling.values()):
        by = "county" if commands(session, alarm, act) else "prefecture"
        facts = {"cause": said.cause, **handling, "note": "", "by": by}
        chronicle.write(session, alarm, "disposal", act=act, facts=facts)
    alarm.summary = said.summary
    return end(session, alarm, act, "close", "closed", {"cause": said.cause, **handling, "summary": said.summary})


def _handling(alarm: Alarm, known: Iterable[Happening], said: Closing, *, needed: bool) -> dict[str, str]:
    """Measures and result as said now, else as the field reported them last; empty where they are not needed."""
    causes = chronicle.policy_of(alarm).alarms.duty.causes
    faults = [] if said.cause in causes else [("cause", f"Must be one of: {', '.join(causes)}.")]
    reported: dict[str, Any] = {}
    for event in known:
        if event.type == "disposal":
            reported |= event.facts
    handling = {"measures": said.measures or reported.get("measures"), "result": said.result or reported.get("result")}
    faults += [(name, "The field has not reported it.") for name, words in handling.items() if needed and not words]
    if faults:
        raise Invalid(errors=[{"path": path, "message": message} for path, message in faults])
    return {name: words or "" for name, words in handling.items()}
