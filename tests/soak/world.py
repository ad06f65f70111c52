"""What a story is about: a town, three phones, what was really done, and the sources that the work speaks of."""

import tempfile
import uuid
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from backend.core import clock
from tests.backend import cast as story
from tests.soak.ledger import Ledger, Life
from tests.soak.lines import Fault
from tests.soak.phones import Phone
from tests.soak.town import Backup, Template, Town

OWNERS = ("Aygul", "Bahar", "Ding")
FIELD = ("Aygul", "Bahar", "Wang")
"""Whoever a phone is passed on to, and whose posts move."""
VILLAGES = (story.VILLAGE_A1, story.VILLAGE_A2, story.VILLAGE_B1)
SITE = {"place": {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}}

phones = st.integers(0, len(OWNERS) - 1)
numbers = st.integers(0, 7)
"""Which of several things, counted round."""
UNHEARD_OF = 7
FAULTS = (
    *(Fault(kind) for kind in ("none", "none", "before", "after", "after", "late", "phone", "copies")),
    *(Fault("cut", tenths) for tenths in (0, 5, 9)),
    *(Fault("server", events) for events in range(1, 9)),
)
lines = st.lists(st.sampled_from(FAULTS), max_size=5)


class World(RuleBasedStateMachine):
    """The beginning, and the end of what it used."""

    def __init__(self, template: Template) -> None:
        super().__init__()
        self._frozen = clock.frozen(story.MONDAY)
        self.hand = self._frozen.__enter__()
        folder = Path(tempfile.mkdtemp(prefix="xunge-soak-"))
        self.town, self.ledger = Town(template, folder), Ledger()
        self.phones = [
            Phone(number, self.town, self.town.cast[name], self.hand, folder / f"{number}.db", self.ledger.heard)
            for number, name in enumerate(OWNERS)
        ]
        for phone in self.phones:
            phone.passes_to(phone.owner, [])
        self.sources: list[str] = []
        """Those that the office has, and those that it may have one day: phones speak of both."""
        self.saved: list[tuple[Backup, Life]] = []

    def source(self, which: int | None) -> str | None:
        """One of the sources, or one that nobody has entered yet; None of none."""
        if which is None:
            return None
        if which == UNHEARD_OF:
            self.sources.append(str(uuid.uuid4()))
        return self.sources[which % len(self.sources)] if self.sources else None

    def end(self) -> None:
        for phone in self.phones:
            phone.client.close()
        self.town.close()
        self._frozen.__exit__(None, None, None)
