"""What people do with their phones, and what becomes of it on the way."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from sync.client import Client
from tests.backend.cast import IN_A1
from tests.soak import checks
from tests.soak.lines import Fault
from tests.soak.phones import PICTURES
from tests.soak.world import FIELD, SITE, World, lines, numbers, phones


@dataclass(frozen=True)
class Job:
    """One piece of work. `which` of the sources or problems (None: of none), `behind` how many versions of it."""

    kind: str
    which: int | None
    behind: int | None
    pictures: frozenset[int]


CONTACTS = ("sync", "sync", "sync", "pull", "push", "none")
jobs = st.builds(
    Job,
    st.sampled_from(("report", "report", "progress", "finish", "propose", "propose", "walk")),
    st.none() | numbers,
    st.sampled_from((None, 0, 0, 1, 2)),
    st.frozensets(st.integers(0, len(PICTURES) - 1), max_size=2),
)


class Field(World):
    @rule(at=phones, jobs=st.lists(jobs, max_size=5), contact=st.sampled_from(CONTACTS), line=lines)
    def work(self, at: int, jobs: list[Job], contact: str, line: list[Fault]) -> None:
        """Some work out of coverage, and then a contact with the server on a bad line."""
        for job in jobs:
            kind, said = getattr(self, f"_{job.kind}")(at, job)
            made = self._make(at, kind, said, job.pictures)
            if job.kind == "propose" and said["source_id"] is None:
                self.sources.append(made)  # the id of the source, once the office accepts it
        through = self.phones[at].tries(getattr(self, f"_{contact}"), line)
        if through and contact in ("sync", "pull"):
            checks.copy_is_the_scope(self.town.app, self.phones[at].client)

    @rule(at=phones)
    def decide_conflicts(self, at: int) -> None:
        client = self.phones[at].client
        for made in client.problems():
            mine = made.operation["by"] == client.session.person_id
            if mine and made.state == "conflict" and made.answer is not None:
                said = made.operation["payload"] | {"base_version": (made.answer["current"] or {}).get("version")}
                self._make(at, made.operation["type"], said, supersedes=made.id)
                client.outbox.dismiss(made.id, client.clock.wall())

    @rule(at=phones, order=st.permutations(range(6)), size=st.integers(1, 6))
    def push_in_another_order(self, at: int, order: list[int], size: int) -> None:
        """A batch of any size in any order, with work of others among it, whose answer the phone does not keep."""
        waiting = self.phones[at].waiting()
        self._send(at, [waiting[place] for place in order if place < len(waiting)][:size])

    @rule(at=phones, which=numbers)
    def push_something_altered(self, at: int, which: int) -> None:
        """An id that the server has, with another content: never taken for the work that it was."""
        if received := sorted(self.ledger.life.received):
            self._send(at, [self.ledger.made[received[which % len(received)]] | {"made_at": "2026-01-01T00:00:00Z"}])

    @rule(at=phones)
    def phone_dies_and_what_was_under_way_arrives(self, at: int) -> None:
        self.phones[at].dies()
        self.phones[at].line.deliver_late()

    @rule(at=phones, name=st.sampled_from(FIELD), line=lines)
    def phone_is_passed_on(self, at: int, name: str, line: list[Fault]) -> None:
        self.phones[at].passes_to(self.town.cast[name], line)

    def _report(self, _at: int, job: Job) -> tuple[str, dict[str, Any]]:
        return "problem.report", {"class": "dust", "note": "扬尘", "source_id": self.source(job.which)}

    def _progress(self, at: int, job: Job) -> tuple[str, dict[str, Any]]:
        return "problem.progress", self._about_a_problem(at, job)

    def _finish(self, at: int, job: Job) -> tuple[str, dict[str, Any]]:
        return "problem.finish", self._about_a_problem(at, job)

    def _propose(self, at: int, job: Job) -> tuple[str, dict[str, Any]]:
        """A change of a source, or a new one."""
        source = self.source(job.which)
        said = {"source_id": source, "fields": {"name": "砂石料场", "kind": "boiler"} | SITE}
        return "source.propose", said | {"base_version": self._base(at, "sources", source, job)}

    def _walk(self, _at: int, _job: Job) -> tuple[str, dict[str, Any]]:
        return "track.append", {"points": [[87.05, 44.05, self.hand.at.isoformat(), 8]]}

    def _about_a_problem(self, at: int, job: Job) -> dict[str, Any]:
        """One that the phone's owner answers for, or any that was made anywhere and may not be here yet."""
        me, shown = str(self.phones[at].owner.id), self.phones[at].client.copy.records("problems")
        made = [key for key, one in self.ledger.made.items() if one["type"] == "problem.report"]
        mine = [key for key in made if key in shown and (shown[key]["responsible"] or {}).get("person_id") == me]
        known = mine + made
        target = known[(job.which or 0) % len(known)] if known else str(self.town.cast["Aygul"].id)
        return {"problem_id": target, "note": "…", "base_version": self._base(at, "problems", target, job)}

    def _base(self, at: int, collection: str, record_id: str | None, job: Job) -> int | None:
        known = self.phones[at].client.copy.record(collection, record_id or "")
        return None if job.behind is None or known is None else max(1, known["version"] - job.behind)

    def _make(
        self,
        at: int,
        kind: str,
        said: dict[str, Any],
        shown: frozenset[int] = frozenset(),
        supersedes: str | None = None,
    ) -> str:
        pictures = [PICTURES[number] for number in sorted(shown)]
        made = self.phones[at].client.make(kind, said, position=IN_A1, pictures=pictures, supersedes=supersedes)
        self.ledger.made[made.id] = made.operation
        self.ledger.pictures |= {picture.sha256 for picture in pictures}
        return made.id

    def _send(self, at: int, batch: list[dict[str, Any]]) -> None:
        def post(client: Client) -> None:
            client.session.request("POST", "/sync/push", json={"operations": batch})

        self.phones[at].tries(post)

    def _sync(self, client: Client) -> None:
        client.sync()

    def _pull(self, client: Client) -> None:
        client.pull()

    def _push(self, client: Client) -> None:
        client.push()

    def _none(self, _client: Client) -> None:
        """Still no signal."""
