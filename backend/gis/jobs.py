"""Background work of maps: writing the exports that take longer than a request, taking away those whose time is over.

No transaction is open while a file is written; each step that is told is a short one of its own.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from backend.core import clock
from backend.core.edge import application
from backend.core.errors import SPEAKING_FAMILIES, Problem, as_problem
from backend.core.jobs import Job
from backend.evidence import shelf
from backend.gis import asking, exporting, files, rooms
from backend.gis.export import features, how_many, watched
from backend.gis.layers import BY_NAME
from backend.gis.models import Export
from media.store import Pieces

LANE = "exports"
LEFTOVER = timedelta(days=1)
"""Nobody writes a file for so long."""
log = structlog.get_logger("exports")


def write_due() -> int:
    """Write the exports that wait, one after the other. Harmless to run in many processes at once."""
    count = 0
    while (export := _taken()) is not None:
        _write(export)
        count += 1
    return count


def _taken() -> Export | None:
    with application().database.transaction() as session:
        return exporting.take(session)


def _write(export: Export) -> None:
    try:
        _written(export)
        outcome = "ready"
    except exporting.Lost:
        outcome = "lost"
    except (Problem, *SPEAKING_FAMILIES) as fault:
        outcome = _gone_wrong(export, as_problem(fault))
    except Exception:
        log.exception("export broke off", export=str(export.id))
        outcome = _gone_wrong(export, None)
    log.info("export", export=str(export.id), layer=export.layer, form=export.form, outcome=outcome)


def _gone_wrong(export: Export, fault: dict[str, Any] | None) -> str:
    """Without a fault of the question it may go better in a while."""
    try:
        with application().database.transaction() as session:
            if fault is None:
                exporting.put_off(session, export)
            else:
                exporting.fail(session, export, fault)
    except exporting.Lost:
        return "lost"
    return "failed" if fault else "broken off"


def _written(export: Export) -> None:
    """Raises Lost, what `asking.asked` raises, TooManyFeatures, NoRoomForExports."""
    database, layer, query = application().database, BY_NAME[export.layer], export.query
    with database.transaction(write=False) as session:
        asked = asking.asked(session, exporting.owner(export), layer, query, export.as_of)
        total = how_many(session, layer, asked)
    files.refuse_too_many(export.form, total)

    def tell(done: int) -> None:
        export.done = done
        with database.transaction() as session:
            exporting.tell(session, export, done=done, total=max(done, total))

    tell(0)
    with rooms.workroom() as folder:
        file = folder / f"{layer.name}.{export.form}"
        found = watched(features(database, layer, asked), tell)
        files.FORMS[export.form].write(file, layer, found, asking.look_of(export.form, query))
        _keep(export, file)


def _keep(export: Export, file: Path) -> None:
    """The bytes first, then the word that they are there: what is stored under a key that nobody names is swept."""
    with file.open("rb") as content:
        shelf.store().put_pieces(exporting.key(export), Pieces(content, files.CHUNK))
    kept = timedelta(hours=application().settings.export_hours)
    with application().database.transaction() as session:
        exporting.finish(session, export, export.done, file.stat().st_size, kept)


def sweep() -> int:
    """End files whose time is over; take away the bytes that no export names, and what a writer that died left."""
    database = application().database
    with database.transaction() as session:
        count = exporting.expire(session)
    for key in shelf.store().list_objects(exporting.FOLDER):
        with database.transaction(write=False) as session:
            kept = exporting.wanted(session, key)
        if not kept:
            shelf.store().delete_object(key)
    return count + rooms.clear(clock.now() - LEFTOVER)


JOBS = (
    Job("exports.write", timedelta(seconds=2), then=write_due, lane=LANE),
    Job("exports.sweep", timedelta(minutes=10), then=sweep, lane=LANE),
)
