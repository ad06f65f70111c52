"""The layers that maps are made of, in plain sight: one entry each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session, defer

from backend.alarms.models import Alarm
from backend.alarms.records import records as alarm_records
from backend.alarms.service import visible as visible_alarms
from backend.auth.actor import Actor
from backend.core import clock
from backend.gis import spans
from backend.gis.attributes import Attribute, Further, columns
from backend.grids.models import Boundary
from backend.grids.rules import people_missing
from backend.grids.staffing import staffing_of
from backend.patrols.models import Visit
from backend.policy.service import book
from backend.problems.models import Problem
from backend.problems.queries import visible as visible_problems
from backend.sources.models import Source
from backend.stations import coverage
from backend.stations.models import Station

NOTHING_MORE = Further({}, lambda session, rows, at: [{} for _ in rows])


@dataclass(frozen=True)
class Layer:
    """`key` names a feature and orders them; who may do `action` somewhere may ask, and gets what `seen` allows, which
    is what the lists show.

    `rows` selects (the row,) of a layer of grids, and (the row, longitude, latitude) of a layer of points. `private`
    names attributes that leave in files only: words that people typed may name people.
    """

    name: str
    zh: str
    en: str
    action: str
    rows: Select[*tuple[Any, ...]]
    key: InstrumentedAttribute[Any]
    path: InstrumentedAttribute[str]
    seen: Callable[[Actor], ColumnElement[bool]]
    during: spans.During
    attributes: tuple[Attribute, ...]
    further: Further = NOTHING_MORE
    place: tuple[InstrumentedAttribute[float], InstrumentedAttribute[float]] | None = None
    private: frozenset[str] = frozenset()

    @property
    def kinds(self) -> dict[str, type]:
        """Every attribute with the kind of its values."""
        return {attribute.name: attribute.kind for attribute in self.attributes} | self.further.kinds

    @property
    def lasting(self) -> bool:
        """Grids alone: nothing that the layer says of a row changes but when the row ends."""
        return self.place is None and not self.further.kinds

    @property
    def dated(self) -> bool:
        """What lasts from … to: an instant has its own grids and sources. Other things happen, once."""
        return self.place is None or self.during is spans.sources

    def facts(self, session: Session, rows: Sequence[Any], at: datetime) -> list[dict[str, Any]]:
        """The attributes of rows, in their order; what is worked out for them, as of an instant."""
        further = self.further.of(session, rows, at)
        return [
            {attribute.name: attribute.of(row) for attribute in self.attributes} | more
            for row, more in zip(rows, further, strict=True)
        ]


BOUNDARIES = select(Boundary).options(defer(Boundary.geometry))
GRID = "code division_code tier parent path name kind in_duty valid_from valid_to revision"


def _grids(
    name: str,
    zh: str,
    en: str,
    *which: ColumnElement[bool],
    action: str = "grids.read",
    seen_by: str = "grids.read",
    further: Further = NOTHING_MORE,
) -> Layer:
    return Layer(
        name,
        zh,
        en,
        action,
        BOUNDARIES.where(*which),
        Boundary.code,
        Boundary.path,
        lambda actor: actor.visible(seen_by, Boundary.path),
        spans.boundaries,
        columns(Boundary, GRID),
        further,
    )


def _stations_of(session: Session, townships: Sequence[Boundary], _at: datetime) -> list[dict[str, Any]]:
    """How many air stations each township has (CJ-4), as they are now."""
    policy = book().as_of(clock.now()).readings
    counted = coverage.stations_of(session, [each.code for each in townships], policy)
    return [{"stations": counted[each.code], "covered": counted[each.code] > 0} for each in townships]


def _lacking(session: Session, grids: Sequence[Boundary], at: datetime) -> list[dict[str, Any]]:
    """How many people each grid lacked (CJ-1e), and of what: "leader 2, supervisor 1"."""
    staffed = staffing_of(session, grids, book().as_of(at), at)
    return [
        {
            "missing": people_missing(each.needs),
            "lacks": ", ".join(f"{need.what} {need.missing}" for need in each.gaps) or None,
        }
        for each in staffed
    ]


CLOCKS = {
    "clocks.onsite.due_at": datetime,
    "clocks.onsite.verdict": str,
    "clocks.disposal.due_at": datetime,
    "clocks.disposal.verdict": str,
}
"""What of an alarm's record says how it was judged: "clocks.onsite.verdict" becomes `clocks_onsite_verdict`."""


def _judged(session: Session, alarms: Sequence[Alarm], _at: datetime) -> list[dict[str, Any]]:
    return [
        {_flat(name): reduce(_inner, name.split("."), record) for name in CLOCKS}
        for record in alarm_records(session, alarms)
    ]


def _flat(name: str) -> str:
    return name.replace(".", "_")


def _inner(record: Any, name: str) -> Any:
    return record[name] if record is not None else None


SOURCES = Layer(
    "sources",
    "污染源",
    "Pollution sources",
    "sources.read",
    select(Source, Source.lon, Source.lat),
    Source.id,
    Source.grid_path,
    lambda actor: actor.visible("sources.read", Source.grid_path),
    spans.sources,
    columns(Source, "id name kind address grid path=grid_path key state valid_from valid_to"),
    place=(Source.lon, Source.lat),
)

STATIONS = Layer(
    "stations",
    "空气站",
    "Air stations",
    "stations.read",
    select(Station, Station.lon, Station.lat),
    Station.id,
    Station.grid_path,
    lambda actor: actor.visible("stations.read", Station.grid_path),
    spans.always,
    columns(Station, "id code name kind grid path=grid_path interval_minutes in_service"),
    place=(Station.lon, Station.lat),
)

PROBLEMS = Layer(
    "problems",
    "问题",
    "Problems",
    "problems.read",
    select(Problem, Problem.lon, Problem.lat),
    Problem.id,
    Problem.grid_path,
    visible_problems,
    spans.moments(Problem.reported_at),
    columns(
        Problem,
        "id version number state class=kind severity note source_id stopped grid county path=grid_path reported_at "
        "responsible_unit due_at registered_at finished_at accepted_at struck_off_at updated_at",
    ),
    place=(Problem.lon, Problem.lat),
    private=frozenset({"note"}),
)

ALARMS = Layer(
    "alarms",
    "报警",
    "Alarms",
    "alarms.read",
    select(Alarm, Alarm.lon, Alarm.lat),
    Alarm.id,
    Alarm.grid_path,
    visible_alarms,
    spans.moments(Alarm.raised_at),
    columns(
        Alarm,
        "id station_id kind pollutant value unit grid county path=grid_path state raised_at ordered_at received_at "
        "closed_at",
    ),
    Further({_flat(name): kind for name, kind in CLOCKS.items()}, _judged),
    place=(Alarm.lon, Alarm.lat),
)

VISITS = Layer(
    "visits",
    "巡查",
    "Visits",
    "visits.read",
    # where the source stands, not where somebody stood: where people go is no matter for maps
    select(Visit, Source.lon, Source.lat).join(Source, Source.id == Visit.source_id),
    Visit.id,
    Visit.grid_path,
    lambda actor: actor.visible("visits.read", Visit.grid_path, [Visit.person_id]),
    spans.moments(Visit.at),
    columns(Visit, "id source_id task_id finding grid path=grid_path at distance_m"),
    place=(Source.lon, Source.lat),
)

EVERY_GRID = _grids("grids", "网格", "Grids")
"""Of both kinds, as files of boundaries have them that are to be published again."""

STAFFING_GAPS = _grids(
    "staffing_gaps",
    "网格人员缺口",
    "Grids with whom they lack",
    Boundary.kind == "tier",
    Boundary.in_duty.is_(True),
    action="posts.read",
    seen_by="posts.read",
    further=Further({"missing": int, "lacks": str}, _lacking),
)

COLLECTIONS = (
    _grids("grids", "网格", "Grids", Boundary.kind == "tier"),
    _grids("key_grids", "重点网格", "Key grids", Boundary.kind == "key_grid"),
    SOURCES,
    STATIONS,
    PROBLEMS,
    ALARMS,
    VISITS,
    STAFFING_GAPS,
)
"""What /ogc/ serves."""

LAYERS = (
    *COLLECTIONS,
    _grids(
        "station_coverage",
        "空气站覆盖",
        "Townships with their air stations",
        Boundary.tier == coverage.TOWNSHIP,
        Boundary.in_duty.is_(True),
        action="stations.read",
        further=Further({"stations": int, "covered": bool}, _stations_of),
    ),
)
"""What can be exported."""

BY_NAME = {layer.name: layer for layer in LAYERS}
