"""Days in three villages, as Hypothesis invents them: whatever happens, nothing is lost, skipped or doubled.

Three phones, shared by the people of the cast, work on lines that fail in every way; the office moves sources, problems
and posts meanwhile; server and phones die; backups are restored with phones ahead of them. Everything goes over HTTP
with the real client; what must be true afterwards is read from the domain (`tests.soak.checks`).
"""

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from tests.backend import cast as story
from tests.soak import checks
from tests.soak.field import Field
from tests.soak.office import Errand, Office
from tests.soak.phones import Phone
from tests.soak.town import Template
from tests.soak.world import FIELD, VILLAGES

LONGEST_DAYS = 10
"""A phone keeps what it sent for 14 days: a backup older than that may really lose something."""
MINUTES = (1, 16, 60, 24 * 60, 3 * 24 * 60)
"""Access tokens last fifteen."""


class Machine(Field, Office):
    """`stepped` is called after every step."""

    def __init__(self, template: Template, stepped: Callable[[], object] = lambda: None) -> None:
        super().__init__(template)
        self._stepped = stepped
        for village in VILLAGES:
            self.office([Errand("enter", 0, FIELD[0], village)])

    @rule(what=st.sampled_from(("restart", "restart", "backup", "time", "time")), minutes=st.sampled_from(MINUTES))
    def befalls_everybody(self, what: str, minutes: int) -> None:
        if what == "restart":
            self.town.restart()
        elif what == "backup":
            self._back_up_or_restore()
        elif (self.hand.at - story.MONDAY).days < LONGEST_DAYS:
            self.hand.move(minutes=minutes)

    def _back_up_or_restore(self) -> None:
        if not self.saved:
            self.saved.append((self.town.backup(), self.ledger.life.copy()))
            return
        backup, self.ledger.life = self.saved.pop()
        self.town.restore(backup)

    @invariant()
    def every_operation_took_effect_once(self) -> None:
        checks.once_each(self.town.app, self.ledger)
        self._stepped()

    def teardown(self) -> None:
        try:
            self._all_come_home()
            clients = [phone.client for phone in self.phones]
            for client in clients:
                checks.copy_is_the_scope(self.town.app, client)
            checks.once_each(self.town.app, self.ledger)
            checks.everything_arrived(self.town.app, self.ledger)
            checks.phones_know(self.town.app, clients)
        finally:
            self.end()

    def _all_come_home(self) -> None:
        """The lines are good, everybody signs in wherever they left work, and all pull what the others brought."""
        self.every_account_works_again()
        for phone in self.phones:
            phone.line.deliver_late()
        for _ in range(2):  # what one phone brings may be what another's work waited for
            for phone in self.phones:
                phone.tries(lambda client: client.sync())  # a session may be over; a restore is noticed
                for member in self._who_left_work_on(phone):
                    phone.passes_to(member, [])
                    phone.client.sync()
        for phone in self.phones:
            phone.client.sync()
        for phone in self.phones:
            phone.client.pull()

    def _who_left_work_on(self, phone: Phone) -> list[story.Member]:
        by = {made.operation["by"] for made in phone.client.outbox.all()}
        return [member for member in self.town.cast.values() if str(member.id) in by or member == phone.owner]
