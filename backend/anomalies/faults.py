"""Faults of rules: a rule that raises costs its own finding, and nothing else.

Readings are stored whatever a rule does, and the other rules and stations are judged. That goes for all that is asked
before and after a rule, too: what a value may show, what is looked up for it, what the end of its episode waits for.
What was raised is logged once a turn, counted in the transaction that keeps what the turn found, and shown in /metrics,
in the warnings of /readyz and on the page of background work.
"""

import traceback
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backend.anomalies.models import RuleFault
from backend.anomalies.rules import FAULTS, POLLUTION
from backend.core import bulk, clock
from backend.core.edge import application, session

ANY = "any"
"""Stands for the kind where none is chosen yet."""
WARNED_FOR = timedelta(days=1)
"""How long after its last fault people are warned of a rule."""

log = structlog.get_logger("anomalies")
Found = TypeVar("Found")


class Faults:
    """What the rules raised in one turn of looking."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._errors: dict[str, str] = {}

    def attempt(self, kind: str, station: str, rule: Callable[[], Found], otherwise: Found) -> Found:
        """What the rule of this kind says of a station, by its code; `otherwise` where it raises.

        What the database raises is no fault of a rule: it breaks the transaction, and fails the turn.
        """
        try:
            return rule()
        except SQLAlchemyError:
            raise
        except Exception as error:
            if kind not in self._counts:
                log.error("rule failed", rule=kind, station=station, error=type(error).__name__, at=_where(error))
            self._counts[kind] += 1
            self._errors[kind] = type(error).__name__
            return otherwise

    def keep(self, session: Session) -> None:
        """Count them, in the order of kinds: two turns never wait for each other crosswise."""
        rows = [
            {"kind": kind, "count": count, "error": self._errors[kind], "last_at": clock.now()}
            for kind, count in sorted(self._counts.items())
        ]
        bulk.put(session, RuleFault, rows, _more)

    def keep_apart(self) -> None:
        """The same in a transaction of its own, where the turn writes nothing else."""
        if self._counts:
            with application().database.transaction() as session:
                self.keep(session)


def _more(insert: Any) -> Any:
    newest = {name: insert.excluded[name] for name in ("error", "last_at")}
    added = {"count": RuleFault.count + insert.excluded.count, **newest}
    return insert.on_conflict_do_update(index_elements=["kind"], set_=added)


def counted(session: Session) -> dict[str, float]:
    """For /metrics: how often each rule raised."""
    known = dict(session.execute(sa.select(RuleFault.kind, RuleFault.count)).all())
    return {kind: float(known.get(kind, 0)) for kind in (*POLLUTION, *FAULTS, ANY)}


def warning() -> str | None:
    """For /readyz and the page of background work: which rules raised lately, or None."""
    lately = sa.select(RuleFault).where(RuleFault.last_at > clock.now() - WARNED_FOR).order_by(RuleFault.kind)
    said = [
        f"{fault.kind}: {fault.error}, {fault.count} in all, last at {fault.last_at.isoformat()}"
        for fault in session().scalars(lately)
    ]
    return "; ".join(said) or None


def _where(error: Exception) -> str:
    """File and line that raised. What an error says may hold anything, so it is not logged."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}:{last.lineno}"
