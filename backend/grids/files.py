"""What `xunge grids check|import|snap` says and writes of the boundaries in a file."""

from collections.abc import Mapping
from dataclasses import replace

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core import clock
from backend.grids import preview, publishing
from backend.grids.examining import Examined, Upon, examine, record
from backend.grids.models import Boundary
from backend.grids.service import in_force
from backend.grids.states import GridState
from geo import geojson
from geo.findings import Finding
from geo.guessing import Known

DEEPEST = 4
"""Tiers; a drawing may go round in circles."""


def check(base: publishing.Base, states: list[GridState]) -> Examined:
    """Boundaries that somebody would like to publish at once, held against those published last, as a draft's are; of
    the findings only what is wrong, not what merely becomes different. Takes seconds."""
    examined = examine(states, None, (), Upon(base, base.states, {}, ()))
    return replace(examined, findings=[found for found in examined.findings if found.severity != "info"])


def known(session: Session) -> Known | None:
    """The boundaries in force, for noticing that a file is declared in a wrong system; None before the first."""
    drawn = select(Boundary.tier, Boundary.geometry).where(in_force(clock.now()), Boundary.kind == "tier")
    rows = session.execute(drawn).all()
    whole = [row.geometry for row in rows if row.tier == 1]
    return Known(shapely.union_all(whole), [row.geometry for row in rows if row.tier != 1]) if whole else None


def picture(base: publishing.Base, states: list[GridState], findings: list[Finding]) -> str:
    """What is found, on a map: an SVG with what is in force, what the file draws anew, and each finding by number."""
    before = base.states
    changed = publishing.redrawn(before, states)
    drawn = {state.code: state for state in (*before, *states)}
    found = {_county(drawn, code) for finding in findings for code in finding.codes}
    counties = sorted(county for county in found if county)
    report = [record(finding) for finding in findings]
    return preview.draw(before, Examined(states, findings, counties, (), changed), report)


def _county(drawn: Mapping[str, GridState], code: str) -> str | None:
    """The county or park that a grid is in, as far as this is a tree: codes in a park do not begin with its own."""
    for _ in range(DEEPEST):
        if code not in drawn:
            break
        if drawn[code].tier == 2:
            return code
        code = drawn[code].parent or ""
    return None


def redrawn(states: list[GridState]) -> bytes:
    """Grids of a file, as GeoJSON that `backend.grids.reading` reads back."""
    names = (*publishing.ATTRIBUTES, "predecessors")
    return geojson.write(
        geojson.Feature(state.geometry, {name: getattr(state, name) for name in names}, state.code) for state in states
    )
