"""People and their posts: as the policy demands in most grids, with gaps in the others (CJ-1a…e).

Made up, all of them. Nobody here has a password yet: accounts.py gives sixty of them one.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.auth.models import Person, Post
from backend.auth.people import post_at
from backend.demo import names, tree
from backend.demo.chance import dice
from backend.demo.making import Making
from backend.demo.roster import OFFICE, PREFECTURE, roster
from backend.demo.tree import Tree
from backend.policy.service import book

FULL = 0.7
"""Share of grids that have everybody the policy asks for."""
REPLACED = 0.02
"""Share of posts that changed hands during the year, so that there is history to read."""
REVIEWED = 0.6
"""Share of townships with a reviewer of their own."""
BY_SUB_LEADER = 2
"""Grids that one sub-leader takes (CJ-1b: one or two townships; CJ-1c: several villages)."""
UNLED = 0.1
"""Share of sub-leaders that nobody has named yet."""


@dataclass
class Staffing:
    """Posts in the making; everybody took office at `since`."""

    seed: int
    grids: Tree
    since: datetime
    posts: list[Post] = field(default_factory=list)
    phones: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for seat in roster():
            self.phones.setdefault((seat.role, seat.grid), []).append(seat.phone)

    def chance(self, *subject: object) -> random.Random:
        return dice(self.seed, "people", *subject)

    def hire(self, role: str, grid: str, number: int = 0, *, full_time: bool = False) -> Person:
        """Somebody for a post; who takes a seat of the roster has its phone number, and some took over from another."""
        chance, since = self.chance(grid, role, number), self.since
        seats = self.phones.get((role, grid), [])
        phone = seats[number] if number < len(seats) else None
        if phone is None and chance.random() < REPLACED:
            since += timedelta(days=chance.randrange(30, 90))
            self.appoint(self._person(chance, grid), role, grid, full_time=full_time, until=since)
        person = self._person(chance, grid, phone)
        self.appoint(person, role, grid, full_time=full_time, since=since)
        return person

    def _person(self, chance: random.Random, grid: str, phone: str | None = None) -> Person:
        where = "".join(self.grids.places[code].name for code in self.grids.places[grid].path.split("/")[2:])
        return Person(name=names.person(chance, where), phone=phone, created_at=self.since)

    def appoint(
        self,
        person: Person,
        role: str,
        grid: str,
        *,
        full_time: bool = False,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        place = self.grids.places[grid]
        self.posts.append(post_at(place, person, role, since or self.since, full_time=full_time, until=until))


def appoint_everybody(making: Making, session: Session, _nothing: None) -> str:
    """Fill the posts of every grid in duty."""
    staffing = Staffing(making.seed, tree.read(session), making.since)
    policy = book().as_of(making.since)
    _staff_office(staffing)
    for tier in (2, 3, 4):
        for grid in staffing.grids.tier(tier):
            _staff(staffing, grid, policy.staffing[tier])
    session.add_all(staffing.posts)
    session.flush()
    return f"{len({post.person for post in staffing.posts})} people in {len(staffing.posts)} posts"


def _staff_office(staffing: Staffing) -> None:
    staffing.hire("leader", PREFECTURE)
    for role, count in OFFICE.items():
        for number in range(count):
            staffing.hire(role, PREFECTURE, number, full_time=True)


def _staff(staffing: Staffing, grid: str, minima: dict[str, int]) -> None:
    """A grid's own posts, and the sub-leaders of the grids below it."""
    missing = _gaps(staffing, grid, minima)
    leaders = [staffing.hire("leader", grid, number) for number in range(minima["leader"] - missing["leader"])]
    _lead_key_grids(staffing, grid, leaders)
    for role in ("dispatcher", "reviewer"):
        for number in range(_working(staffing, role, grid)):
            staffing.hire(role, grid, number, full_time=True)
    _staff_supervisors(staffing, grid, minima, missing)
    _name_sub_leaders(staffing, staffing.grids.below(grid))


def _gaps(staffing: Staffing, grid: str, minima: dict[str, int]) -> dict[str, int]:
    """How many leaders and supervisors a grid lacks. Where somebody has a seat nobody is missing."""
    chance = staffing.chance("gaps", grid)
    missing = {"leader": 0, "supervisor": 0}
    if chance.random() < FULL or any((role, grid) in staffing.phones for role in missing):
        return missing
    for role in chance.choice((("leader",), ("supervisor",), ("supervisor",), ("leader", "supervisor"))):
        missing[role] = chance.randint(0, minima.get(role, 0))
    return missing


def _working(staffing: Staffing, role: str, grid: str) -> int:
    """How many work at a desk of this grid: the seats of the roster, and reviewers in some other townships."""
    seats = len(staffing.phones.get((role, grid), ()))
    township = role == "reviewer" and staffing.grids.places[grid].tier == 3
    return seats or int(township and staffing.chance("reviewed", grid).random() < REVIEWED)


def _staff_supervisors(staffing: Staffing, grid: str, minima: dict[str, int], missing: dict[str, int]) -> None:
    wanted, full_time = minima.get("supervisor", 0), minima.get("supervisor_full_time", 0)
    seats = len(staffing.phones.get(("supervisor", grid), ()))
    for number in range(max(seats, wanted - missing["supervisor"])):
        staffing.hire("supervisor", grid, number, full_time=number < full_time)


def _lead_key_grids(staffing: Staffing, grid: str, leaders: Sequence[Person]) -> None:
    """The heads of the county or park lead the key grids in it (CJ-1k)."""
    for key_grid in (code for code, county in staffing.grids.key_grids.items() if county == grid):
        for leader in leaders:
            staffing.appoint(leader, "leader", key_grid)


def _name_sub_leaders(staffing: Staffing, below: Sequence[str]) -> None:
    for first in range(0, len(below), BY_SUB_LEADER):
        taken = below[first : first + BY_SUB_LEADER]
        if staffing.chance("unled", taken[0]).random() < UNLED:
            continue
        sub_leader = staffing.hire("sub_leader", taken[0])
        for grid in taken[1:]:
            staffing.appoint(sub_leader, "sub_leader", grid)
