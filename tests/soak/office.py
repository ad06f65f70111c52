"""What goes on without phones: sources, problems and posts move, devices are revoked, accounts end, refused work is
replayed."""

import uuid
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from backend.auth import people
from backend.auth import service as devices
from backend.auth.actor import Actor, Holding
from backend.auth.models import Device, Person, Post
from backend.core import clock
from backend.evidence.act import Act
from backend.exchange import sync_of
from backend.problems import service as problems
from backend.problems.models import Problem
from backend.sources import service as sources
from backend.sources.models import Source, SourceProposal
from sync.evidence import Interval
from sync.push import NotReplayable
from tests.backend.cast import place
from tests.soak.world import FIELD, SITE, VILLAGES, World, numbers, phones

NOWHERE = str(uuid.UUID(int=0))
STEPS = {
    "reported": ("register", "assign"),
    "registered": ("assign",),
    "assigned": ("assign",),
    "finished": ("reject",),
}
"""What the office does with a problem, by its state."""


@dataclass(frozen=True)
class Errand:
    """`which` of the sources or problems, `name` of the people, `village` of the villages."""

    kind: str
    which: int
    name: str
    village: str


ERRANDS = ("enter", "enter", "change", "move_source", "accept", "move_problem", "move_problem", "move_post", "replay")
errands = st.builds(Errand, st.sampled_from(ERRANDS), numbers, st.sampled_from(FIELD), st.sampled_from(VILLAGES))


class Office(World):
    @rule(errands=st.lists(errands, min_size=1, max_size=4))
    def office(self, errands: list[Errand]) -> None:
        for errand in errands:
            getattr(self, f"_{errand.kind}")(errand)

    def _enter(self, errand: Errand) -> None:
        """A source that phones have spoken of already, or a new one."""
        with self.town.office() as session:
            awaited = [one for one in self.sources if session.get(Source, uuid.UUID(one)) is None]
            source_id = awaited[0] if errand.which % 2 and awaited else str(uuid.uuid4())
            given = {"grid": _code(errand.village), "name": "锅炉房", "kind": "boiler"} | SITE
            sources.add(session, self._officer(), given, uuid.UUID(source_id))
        if source_id not in self.sources:
            self.sources.append(source_id)
        with self.town.app.app_context():
            sync_of(self.town.app).retry()

    def _change(self, errand: Errand) -> None:
        self._to_a_source(errand.which, {"address": str(clock.now())})

    def _move_source(self, errand: Errand) -> None:
        self._to_a_source(errand.which, {"grid": _code(errand.village)})

    def _to_a_source(self, which: int, given: dict[str, Any]) -> None:
        with self.town.office() as session:
            if (source := session.get(Source, uuid.UUID(self.source(which) or NOWHERE))) is not None:
                sources.change(session, self._officer(), source, given)

    def _accept(self, errand: Errand) -> None:
        with self.town.office() as session:
            asked = select(SourceProposal).where(SourceProposal.state == "pending").order_by(SourceProposal.received_at)
            if pending := session.scalars(asked).all():
                proposal = pending[errand.which % len(pending)]
                if proposal.source_id is not None or session.get(Source, proposal.id) is None:
                    sources.accept(session, self._officer(), proposal)

    def _move_problem(self, errand: Errand) -> None:
        """Some of them: registered, assigned to their reporter or to somebody else, rejected when finished."""
        with self.town.office() as session:
            movable = session.scalars(select(Problem.id).where(Problem.state.in_(STEPS)).order_by(Problem.id)).all()
            for problem_id in movable[errand.which % 3 :: 3]:
                problem = problems.locked(session, problem_id)
                person_id = self.town.cast[errand.name].id if errand.which == 0 else problem.reporter_id
                for action in STEPS[problem.state]:
                    problems.move(session, self._act(), problem, action, {"note": "…", "person_id": person_id})

    def _move_post(self, errand: Errand) -> None:
        person_id = self.town.cast[errand.name].id
        with self.town.office() as session:
            for post in session.scalars(select(Post).where(Post.person_id == person_id, Post.valid_to.is_(None))):
                people.dismiss(session, post)
            people.appoint(session, session.get_one(Person, person_id), "supervisor", place(errand.village))

    @rule(at=phones)
    def revoke_a_phone(self, at: int) -> None:
        with self.town.office() as session:
            device = session.get(Device, uuid.UUID(self.phones[at].client.session.device["id"]))
            if device is not None:  # a restore may have forgotten it
                devices.revoke(session, device, self._officer().person_id, "lost")

    @rule(name=st.sampled_from(FIELD))
    def an_account_ends_or_works_again(self, name: str) -> None:
        with self.town.office() as session:
            person = session.get_one(Person, self.town.cast[name].id)
            (people.enable if person.disabled_at else people.disable)(session, person)

    def every_account_works_again(self) -> None:
        with self.town.office() as session:
            for name in FIELD:
                people.enable(session, session.get_one(Person, self.town.cast[name].id))

    def _replay(self, errand: Errand) -> None:
        with self.town.office() as session:
            refused = [one for one in sync_of(self.town.app).inbox(session, statuses=("rejected",)) if not one.stray]
            if refused:
                key = refused[errand.which % len(refused)].key
                try:
                    sync_of(self.town.app).replay(session, key)
                except NotReplayable:
                    return
                self.ledger.replayed(str(key))

    def _officer(self) -> Actor:
        erkin = self.town.cast["Erkin"]
        return Actor(erkin.id, None, (Holding(erkin.role, erkin.grid_path),))

    def _act(self) -> Act:
        now = clock.now()
        return Act(self._officer(), now, Interval(now, None, None, now, "proved"))


def _code(path: str) -> str:
    return path.split("/")[-1]
