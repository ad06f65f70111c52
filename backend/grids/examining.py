"""What a draft comes to: the boundaries as they would be, and every finding about them. Pure, and takes seconds."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import shapely

from backend.auth.territory import county_of
from backend.grids import checking, lying
from backend.grids.lineage import Change, Lineage, Pair
from backend.grids.publishing import Base, differences, finding_record, redrawn
from backend.grids.states import GridState, paths_of
from geo.comparing import Lying
from geo.findings import Finding
from geo.units import together

MOST_VERTICES = 2_000
"""A place with more is told as its box: the report of a draft is read by browsers."""


@dataclass(frozen=True)
class Upon:
    """What a draft is held against: the boundaries published last, those of when it came, which counties were touched
    by whom since, and other drafts that wait (id, counties); what lies in the grids, and posts by grid."""

    base: Base
    origin: Sequence[GridState]
    since: Mapping[int, Collection[str]]
    others: Sequence[tuple[str, Collection[str]]]
    things: Sequence[Lying] = ()
    people: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Examined:
    """The whole set of boundaries with the draft in it. Where something blocks, `counties` are those of the file."""

    states: Sequence[GridState]
    findings: Sequence[Finding]
    counties: Sequence[str]
    proposals: Sequence[Change] = ()
    changed: frozenset[str] = field(default_factory=frozenset)


def examine(drawn: Sequence[GridState], county: str | None, said: Collection[Pair], upon: Upon) -> Examined:
    """Hold what was drawn (one county, or the whole prefecture) against what is published."""
    strangers = _strangers(drawn, county, upon.base) if county else {}
    states = _whole([state for state in drawn if state.code not in strangers], county, upon)
    found = [_of_another_county(state, county) for state in strangers.values()]
    found += checking.check(states, upon.base.states)
    if checking.blocking(found):
        touched = [county] if county else sorted({state.code for state in drawn if state.tier == 2})
        return Examined(states, [*found, *_beside(touched, upon)], touched, changed=redrawn(upon.base.states, states))
    lineage = Lineage(upon.base.states, states, said)
    changed, counties = differences(upon.base.states, states)
    found += [*_undeclared(lineage), *_beside(counties, upon)]
    found += checking.compare(upon.base.states, states)
    found += lying.findings(upon.things, upon.people, lineage)
    return Examined(states, found, counties, lineage.proposals(), changed)


def _strangers(drawn: Sequence[GridState], county: str, base: Base) -> dict[str, GridState]:
    """What lies in another county, or above it, by code."""
    parents = {state.code: state.parent for state in (*base.states, *drawn)}

    def lies_in(code: str | None) -> bool:
        for _ in range(5):  # no tree is deeper, and a drawing may go round in circles
            if code == county:
                return True
            code = parents.get(code or "")
        return False

    return {state.code: state for state in drawn if not lies_in(state.code)}


def _whole(drawn: Sequence[GridState], county: str | None, upon: Upon) -> list[GridState]:
    """The drawing with what it does not speak of as published last: other counties than the one it is of, counties that
    it left as they were when it was drawn, and a kind of grid of which it holds none: exports have a layer for each."""
    old, kinds = paths_of(upon.base.states), {state.kind for state in drawn}
    left_out = [state for state in upon.base.states if kinds and state.kind not in kinds]
    spoken_of = [state for state in upon.base.states if not kinds or state.kind in kinds]
    if county is not None:
        return [*left_out, *(state for state in spoken_of if county_of(old[state.code]) != county), *drawn]
    if not upon.since or not _is_tree(drawn):
        return [*left_out, *drawn]
    new = paths_of(drawn)
    _, touched = differences([state for state in upon.origin if state.kind in kinds], drawn)
    kept = [state for state in spoken_of if county_of(old[state.code]) not in touched]
    return [*left_out, *kept, *(state for state in drawn if county_of(new[state.code]) in touched)]


def _is_tree(drawn: Sequence[GridState]) -> bool:
    return not checking.blocking(checking.check(drawn))


def _undeclared(lineage: Lineage) -> Iterator[Finding]:
    for code in lineage.undeclared():
        yield Finding(
            "undeclared_change",
            "error",
            (code,),
            lineage.before[code].geometry,
            f"{code} 将被撤销或改变上级,请说明由谁承接。",
            f"{code} would vanish or change its parent: say what takes its place.",
        )
    for code in lineage.elsewhere():
        yield Finding(
            "other_land",
            "warning",
            (code,),
            lineage.after[code].geometry,
            f"{code} 将指另一块地,与原范围没有重叠;若是互换编码,请说明由谁承接。",
            f"{code} would stand for quite other land than before: if codes were exchanged, say what follows what.",
        )
    for before, after in lineage.impossible():
        yield Finding(
            "unknown_successor",
            "error",
            (before, after),
            together(state.geometry for state in (lineage.before.get(before), lineage.after.get(after)) if state),
            f"所说的承接关系 {before} → {after} 中有不存在的网格,或两者不在同一层级。",
            f"Of {before} and {after}, said to follow each other, one is not there, or they are of two tiers.",
        )


def _of_another_county(state: GridState, county: str | None) -> Finding:
    zh, en = f"{state.code} 不属于 {county},未采用。", f"{state.code} does not lie in {county} and was left out."
    return Finding("outside_county", "warning", (state.code,), state.geometry, zh, en)


def _beside(counties: Sequence[str], upon: Upon) -> Iterator[Finding]:
    """Who else is changing these counties, or has just done so. The place is the border of what both touch."""
    mine, borders = set(counties), {state.code: shapely.boundary(state.geometry) for state in upon.base.states}

    def place(common: Sequence[str]) -> Any:
        return shapely.union_all([borders.get(code) for code in common])

    for draft, theirs in upon.others:
        if common := tuple(sorted(mine.intersection(theirs))):
            zh = f"另有草稿 {draft} 也涉及 {'、'.join(common)},请与其作者商定。"
            en = f"Draft {draft} touches {', '.join(common)} too: agree with whoever sent it."
            yield Finding("draft_beside", "warning", common, place(common), zh, en)
    for number, theirs in upon.since.items():
        if common := tuple(sorted(mine.intersection(theirs))):
            zh = f"草稿提交之后,第 {number} 版已改动 {'、'.join(common)};发布将以草稿为准,请核对预览。"
            en = f"Revision {number} changed {', '.join(common)} since this was drawn; publishing takes what was drawn."
            yield Finding("changed_meanwhile", "warning", common, place(common), zh, en)


def record(found: Finding) -> dict[str, Any]:
    """A finding as the wire knows it: with a point to zoom to, and the place itself as GeoJSON."""
    told, place = finding_record(found), found.geometry
    if told["place"] is None:
        return told | {"geometry": None}
    if shapely.get_num_coordinates(place) > MOST_VERTICES:
        place = shapely.envelope(place)
    return told | {"geometry": orjson.loads(shapely.to_geojson(place))}
