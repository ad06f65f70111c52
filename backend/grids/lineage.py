"""Which grid takes the place of which when boundaries change (CJ-A1-14). Pure: what was, what shall be, what was said.

A pair (code before, code after) is said by whoever drew the boundaries. A grid that keeps its code and its parent needs
none: it is taken to be its own successor, whatever becomes of its name and its border. Only where it was said to go on
under another code and another grid to get this one, and no land is common to both, is it another grid.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from backend.grids.states import GridState

Pair = tuple[str, str]
KINDS = ("split", "merge", "recode", "move", "rename")
SLIVER = 0.02
"""Less of a grid's area than this came there by drawing, and is no succession to propose."""


@dataclass(frozen=True)
class Change:
    """One succession. `share` is the part of the area before that went to the grid after, from 0 to 1."""

    before: str
    after: str
    kind: str
    share: float


class Lineage:
    """What becomes of each grid. `said` are pairs; the features' own `predecessors` count as said."""

    def __init__(self, before: Sequence[GridState], after: Sequence[GridState], said: Collection[Pair] = ()) -> None:
        self.before = {state.code: state for state in before}
        self.after = {state.code: state for state in after}
        self.said = {*said, *_drawn(self.before, after)}
        self._heirs: dict[str, set[str]] = defaultdict(set)
        self._origins: dict[str, set[str]] = defaultdict(set)
        renamed = [pair for pair in self.said if pair[0] != pair[1]]
        handed_on = {old for old, _ in renamed} & {new for _, new in renamed}
        self._kept = {
            code
            for code in self.before.keys() & self.after.keys()
            if code not in handed_on or self.share(code, code) > SLIVER
        }
        for old, new in self.said | {(code, code) for code in self._kept}:
            self._heirs[old].add(new)
            self._origins[new].add(old)

    def impossible(self) -> list[Pair]:
        """Said of grids that were not there, or shall not be there, or of two tiers: posts go from one to the other."""
        return sorted(pair for pair in self.said if not self._possible(*pair))

    def _possible(self, old: str, new: str) -> bool:
        return old in self.before and new in self.after and self.before[old].tier == self.after[new].tier

    def undeclared(self) -> list[str]:
        """Codes that vanish, or get another parent, and nobody said so. Key grids come and go as they are drawn."""
        tiers = (state for state in self.before.values() if not state.is_key)
        return sorted(state.code for state in tiers if not self._explained(state))

    def _explained(self, state: GridState) -> bool:
        if state.code not in self._kept:
            return bool(self._heirs.get(state.code))
        new = self.after[state.code]
        if (state.code, state.code) in self.said or new.parent == state.parent:
            return True
        return (state.parent, new.parent) in self.said

    def elsewhere(self) -> list[str]:
        """Codes that stand for quite other land than before, and nobody said anything about them."""
        alone = (code for code in self._kept if self._heirs[code] == self._origins[code] == {code})
        redrawn = (code for code in alone if self.before[code].geometry != self.after[code].geometry)
        return sorted(code for code in redrawn if not self.before[code].is_key and self.share(code, code) <= SLIVER)

    def origin(self, code: str) -> str | None:
        """The code of the grid that this one was before, with which it shares its identity; None for a new one."""
        if code in self._kept:
            return code
        origins = self._origins.get(code, set())
        [only] = origins if len(origins) == 1 else [None]
        return only if only is not None and self._heirs[only] == {code} else None

    def heir(self, code: str) -> str | None:
        """The grid that whatever is of this one, and has no place, goes to (following.py); None where nobody said so.
        Of a key grid that is no more it is the county or park."""
        if code in self._kept:
            return code
        if heirs := [heir for heir in self._heirs.get(code, ()) if heir in self.after]:
            return max(heirs, key=lambda heir: (self.share(code, heir), heir))
        return self.before[code].parent if self.before[code].is_key else None

    def changes(self) -> list[Change]:
        """Every succession, by codes."""
        told = (
            Change(old, new, kind, self.share(old, new))
            for old, heirs in self._heirs.items()
            for new in heirs
            if (kind := self._kind(old, new)) is not None
        )
        return sorted(told, key=lambda change: (change.before, change.after))

    def _kind(self, old: str, new: str) -> str | None:
        if len(self._heirs[old]) > 1:
            return "split"
        if len(self._origins[new]) > 1:
            return "merge"
        was, will = self.before[old], self.after[new]
        if was.parent != will.parent and (was.parent, will.parent) not in self.said:
            return "move"
        if old != new:
            return "recode"
        return "rename" if was.name != will.name else None

    def share(self, old: str, new: str) -> float:
        was, will = self.before[old].geometry, self.after[new].geometry
        return float(shapely.area(shapely.intersection(was, will)) / (shapely.area(was) or 1.0))

    def proposals(self) -> list[Change]:
        """Successions that the areas suggest where nothing was said, to be confirmed by a person."""
        codes, elsewhere = self.undeclared(), self.elsewhere()
        moved = [Change(code, code, "move", 1.0) for code in codes if code in self.after]
        gone = [*(code for code in codes if code not in self.after), *elsewhere]
        staying = self._kept.difference(elsewhere)
        return [*moved, *(change for code in gone for change in self._by_area(self.before[code], staying))]

    def _by_area(self, state: GridState, staying: Collection[str]) -> Iterator[Change]:
        codes = [code for code, other in self.after.items() if other.tier == state.tier]
        shapes = np.array([self.after[code].geometry for code in codes], dtype=object)
        parts = shapely.area(shapely.intersection(shapes, state.geometry)) / (shapely.area(state.geometry) or 1.0)
        heirs = [(codes[at], float(parts[at])) for at in np.flatnonzero(parts > SLIVER)]
        for code, share in sorted(heirs, key=lambda heir: -heir[1]):
            alone = "merge" if code in staying else "recode"
            yield Change(state.code, code, "split" if len(heirs) > 1 else alone, share)


def _drawn(before: Mapping[str, GridState], after: Sequence[GridState]) -> Iterator[Pair]:
    """What the features say. Of a grid that is there already it was said for an earlier revision."""
    for state in after:
        for code in state.predecessors:
            if code in before or state.code not in before:
                yield code, state.code
