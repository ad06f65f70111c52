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
from backend.grids.lineage import Lineage
from backend.grids.states import paths_of
from geo.comparing import Lying, Moved, changing
from geo.findings import Finding

Places = Callable[[Session], Sequence[tuple[str, float, float]]]
"""Name, longitude and latitude (WGS 84) of every record of a kind that goes along with its grid."""

CALLED = {
    "sources": ("污染源", "sources"),
    "stations": ("站点", "stations"),
    "problems": ("未结问题", "open problems"),
    "posts": ("人员岗位", "posts of people"),
}
NOWHERE = "—"
NAMED = 5
"""So many of a kind are named, the others counted."""


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


def findings(things: Sequence[Lying], people: Mapping[str, int], lineage: Lineage) -> list[Finding]:
    """One finding of severity "info" for each pair of grids between which something would change."""
    before, after = list(lineage.before.values()), list(lineage.after.values())
    old, new = paths_of(before), paths_of(after)
    moved = changing(things, units_of(before), units_of(after))
    return [*_by_place(moved, old, new), *_by_post(people, lineage, old, new)]


def _by_place(moved: Sequence[Moved], old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Finding]:
    pairs: defaultdict[tuple[str, str], list[Lying]] = defaultdict(list)
    for each in moved:
        pairs[each.before or NOWHERE, each.after or NOWHERE].append(each.what)
    for (one, other), things in sorted(pairs.items()):
        codes = tuple(dict.fromkeys(code for code in (one, other) if code != NOWHERE))
        places = shapely.multipoints([(thing.lon, thing.lat) for thing in things])
        said = (one, other) if one != other else (old[one], new[one])  # the same village, in another township
        named: defaultdict[str, list[str]] = defaultdict(list)
        for thing in things:
            named[thing.kind].append(thing.name)
        yield _finding(codes, places, *said, [_told(kind, len(named[kind]), named[kind]) for kind in sorted(named)])


def _by_post(
    people: Mapping[str, int], lineage: Lineage, old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[Finding]:
    """Posts are of a grid, not of a place: they go with it, or to its heir."""
    for code in sorted(people.keys() & old.keys()):
        path = new.get(lineage.heir(code) or "", NOWHERE)
        if path != old[code]:
            yield _finding((code,), lineage.before[code].geometry, old[code], path, [_told("posts", people[code])])


def _told(kind: str, count: int, names: Sequence[str] = ()) -> tuple[str, str]:
    """How many of a kind and what some are called, in both languages."""
    zh, en = CALLED[kind]
    some = [*sorted(names)[:NAMED], *(["…"] if len(names) > NAMED else [])]
    in_zh, in_en = (f"（{'、'.join(some)}）", f" ({', '.join(some)})") if some else ("", "")
    return f"{zh} {count}{in_zh}", f"{count} {en}{in_en}"


def _finding(codes: tuple[str, ...], place: Any, one: str, other: str, told: Sequence[tuple[str, str]]) -> Finding:
    zh, en = "、".join(zh for zh, _ in told), ", ".join(en for _, en in told)
    return Finding(
        "changes_grid", "info", codes, place, f"由 {one} 转到 {other}：{zh}。", f"From {one} to {other}: {en}."
    )
