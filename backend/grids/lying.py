"""What lies in grids, asked before boundaries change: whoever draws them sees what would be in another grid then.

What really goes along, and by which rule, is `backend.grids.following`'s; this only looks, and locks nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import shapely
from flask import Flask, current_app
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.auth.models import Post
from backend.core import clock
from backend.grids.checking import units_of
from backend.grids.states import GridState, paths_of
from geo.comparing import Lying, Moved, changing
from geo.findings import Finding

Places = Callable[[Session], Sequence[tuple[str, float, float]]]
"""Id, longitude and latitude (WGS 84) of every record of a kind that goes along with its grid."""

CALLED = {
    "sources": ("污染源", "sources"),
    "stations": ("站点", "stations"),
    "problems": ("未结问题", "open problems"),
    "posts": ("人员岗位", "posts of people"),
}
NOWHERE = "—"


def install(app: Flask, places: tuple[tuple[str, Places], ...]) -> None:
    """Hand in what lies in grids by its place, by name."""
    app.extensions["xunge.lying"] = places


def everything(session: Session) -> list[Lying]:
    """All that has a place, and goes along when boundaries change."""
    known = cast(tuple[tuple[str, Places], ...], current_app.extensions["xunge.lying"])
    return [Lying(kind, *one) for kind, places in known for one in places(session)]


def posts(session: Session) -> Mapping[str, int]:
    """How many posts that last or are to come each grid has, by the grid's code."""
    lasting = or_(Post.valid_to.is_(None), Post.valid_to > clock.now())
    return Counter(session.scalars(select(Post.grid_code).where(lasting)))


def findings(
    things: Sequence[Lying], people: Mapping[str, int], before: Sequence[GridState], after: Sequence[GridState]
) -> list[Finding]:
    """One finding of severity "info" for each pair of grids between which something would change."""
    moved = changing(things, units_of(before), units_of(after))
    return [*_by_place(moved), *_by_post(people, before, after)]


def _by_place(moved: Sequence[Moved]) -> Iterator[Finding]:
    pairs: defaultdict[tuple[str, str], list[Lying]] = defaultdict(list)
    for each in moved:
        pairs[each.before or NOWHERE, each.after or NOWHERE].append(each.what)
    for (one, other), things in sorted(pairs.items()):
        codes = tuple(code for code in (one, other) if code != NOWHERE)
        places = shapely.multipoints([(thing.lon, thing.lat) for thing in things])
        yield _finding(codes, places, one, other, Counter(thing.kind for thing in things))


def _by_post(people: Mapping[str, int], before: Sequence[GridState], after: Sequence[GridState]) -> Iterator[Finding]:
    """Posts are of a grid, not of a place: they move where it gets another path, or is no more."""
    old, new = paths_of(before), paths_of(after)
    shapes = {state.code: state.geometry for state in before}
    for code in sorted(people.keys() & old.keys()):
        if new.get(code) != old[code]:
            yield _finding((code,), shapes[code], old[code], new.get(code, NOWHERE), Counter(posts=people[code]))


def _finding(codes: tuple[str, ...], place: Any, one: str, other: str, counts: Counter[str]) -> Finding:
    zh = "、".join(f"{CALLED[kind][0]} {count}" for kind, count in sorted(counts.items()))
    en = ", ".join(f"{count} {CALLED[kind][1]}" for kind, count in sorted(counts.items()))
    return Finding(
        "changes_grid", "info", codes, place, f"由 {one} 转到 {other}：{zh}。", f"From {one} to {other}: {en}."
    )
