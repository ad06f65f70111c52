"""Where no dispatcher sends anybody in the minutes that policy gives, the server sends the first candidate.

Called by the sweeper with the alarm locked: of several workers one has it, and once somebody is instructed the next one
finds nothing to do. A crash before the commit leaves the alarm as it was, to be woken again.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from backend.alarms import chronicle, rules
from backend.alarms.candidates import candidates
from backend.alarms.dispatch import instruct_by_policy
from backend.alarms.models import Alarm
from backend.core import clock
from backend.policy.service import book


def send_if_nobody_did(session: Session, alarm: Alarm, known: Sequence[rules.Happening]) -> bool:
    """Instruct by policy where it is time. Where the county has nobody to send, the escalation tells of it."""
    due = rules.instructs_itself_at(known, chronicle.policy_of(alarm).alarms, book().zone)
    if alarm.state != "ordered" or due is None or clock.now() < due:
        return False
    found = candidates(session, alarm)
    if found:
        instruct_by_policy(session, alarm, found[0].person_id)
    return bool(found)
