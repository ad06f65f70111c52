"""Are these boundaries a tree of grids that may be published (CJ-1)?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from backend.grids.states import GridState
from geo import comparing, mending
from geo.coverage import check_coverage, check_names, check_prefixes
from geo.findings import Finding, finding
from geo.outlines import check_outlines
from geo.units import Unit


def check(states: Sequence[GridState], previous: Sequence[GridState] = ()) -> list[Finding]:
    """Everything that is wrong, an empty list if nothing. `previous`: the grids that were there before.

    Findings of severity "error" block a publication. Codes need not begin with the parent's below grids that have a
    code of their own (parks).
    """
    units = units_of(states)
    own = {each.code for each in states if each.code != each.division_code}
    keys = {each.code for each in states if each.is_key}
    return [
        *check_coverage(units, previous=[_unit(each) for each in previous if each.code not in keys]),
        *check_names(units),
        *check_prefixes(units, except_below=own),
        *_without_prefecture(units),
        *_key_grids(states),
    ]


def compare(before: Sequence[GridState], after: Sequence[GridState]) -> list[Finding]:
    """What moves, and by how far; none of it blocks."""
    return comparing.compare(units_of(before), units_of(after))


def snapped(states: Sequence[GridState]) -> list[GridState]:
    """The grids with borders that are a trifle apart put together (`geo.mending`); key grids stay as they are. Only
    where nothing blocks."""
    shapes = {unit.code: unit.geometry for unit in mending.snapped(units_of(states))}
    return [state if state.is_key else replace(state, geometry=shapes[state.code]) for state in states]


def units_of(states: Sequence[GridState]) -> list[Unit]:
    """The grids of the tiers; key grids lie over them and are checked by themselves."""
    return [_unit(state) for state in states if not state.is_key]


def _unit(state: GridState) -> Unit:
    return Unit(state.code, state.tier or 0, state.parent, state.geometry, state.name)


def blocking(findings: Sequence[Finding]) -> list[Finding]:
    return [found for found in findings if found.severity == "error"]


def _without_prefecture(units: Sequence[Unit]) -> Iterator[Finding]:
    """A file that begins below tier 1 would put its counties at the top of the tree."""
    top = min((unit.tier for unit in units), default=1)
    return (finding("unknown_parent", (unit.code,), unit.geometry) for unit in units if unit.tier == top > 1)


def _key_grids(states: Sequence[GridState]) -> Iterator[Finding]:
    """CJ-1k: a key grid overlays one county or park."""
    counts = Counter(state.code for state in states)
    counties = {state.code for state in states if state.tier == 2}
    for key in (state for state in states if state.is_key):
        if counts[key.code] > 1:
            yield finding("duplicate_code", (key.code,), key.geometry)
        if key.parent not in counties:
            yield finding("unknown_parent", (key.code,), key.geometry)
        yield from check_outlines([_unit(key)])  # one by one: two may well have the same outline
