"""What stations sent over HJ 212 and what was refused, for administrators."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from backend.auth import guard
from backend.core.api import Blueprint
from backend.core.clock import now
from backend.core.edge import session
from backend.core.paging import newest_first
from backend.gateway.models import FrameCount, Hj212Station, QuarantinedFrame
from backend.gateway.schemas import FrameCountQuery, FrameCounts, FramePage, FrameQuery
from backend.stations.models import Station

blueprint = Blueprint("frames", __name__, url_prefix="/api/v1", description="Frames of HJ 212")
LONGEST_HOURS = 720


@blueprint.route("/frames/quarantine")
@blueprint.arguments(FrameQuery, location="query")
@blueprint.response(200, FramePage)
def quarantine(query: dict[str, Any]) -> dict[str, Any]:
    """Frames that were refused, as they came, the newest first."""
    guard.actor().require("frames.read", "")
    wanted = select(QuarantinedFrame)
    if query["mn"] is not None:
        wanted = wanted.where(QuarantinedFrame.mn == query["mn"])
    if query["reason"] is not None:
        wanted = wanted.where(QuarantinedFrame.reason == query["reason"])
    rows, following = newest_first(session(), wanted, QuarantinedFrame.id, query)
    return {"items": [_shown(frame) for (frame,) in rows], "next": following}


@blueprint.route("/frames/counts")
@blueprint.arguments(FrameCountQuery, location="query")
@blueprint.response(200, FrameCounts)
def counts(query: dict[str, Any]) -> dict[str, Any]:
    """How many frames came, by station and by what became of them; strangers have no `mn`."""
    guard.actor().require("frames.read", "")
    since = now() - timedelta(hours=min(max(query["hours"], 1), LONGEST_HOURS))
    counted = (
        select(
            FrameCount.mn,
            Station.code.label("station"),
            FrameCount.reason.label("outcome"),
            func.sum(FrameCount.count).label("count"),
            func.max(FrameCount.hour).label("last_hour"),
        )
        .outerjoin(Hj212Station, Hj212Station.mn == FrameCount.mn)
        .outerjoin(Station, Station.id == Hj212Station.station_id)
        .where(FrameCount.hour >= since)
        .group_by(FrameCount.mn, Station.code, FrameCount.reason)
        .order_by(FrameCount.mn, FrameCount.reason)
    )
    if query["mn"] is not None:
        counted = counted.where(FrameCount.mn == query["mn"])
    return {"items": [row._asdict() for row in session().execute(counted)]}


def _shown(frame: QuarantinedFrame) -> dict[str, Any]:
    return {
        "id": frame.id,
        "mn": frame.mn,
        "reason": frame.reason,
        "received_at": frame.received_at,
        "peer": frame.peer,
        "size": frame.size,
        "text": frame.raw.decode("ascii", "backslashreplace"),
    }
