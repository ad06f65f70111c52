"""One's own notices."""

import uuid
from typing import Any

from backend.auth import guard
from backend.core.api import Blueprint
from backend.core.edge import session
from backend.notices import service
from backend.notices.records import records
from backend.notices.schemas import NoticePage, NoticeQuery, NoticeSchema

blueprint = Blueprint("notices", __name__, url_prefix="/api/v1", description="Messages to people")


@blueprint.route("/notices")
@blueprint.arguments(NoticeQuery, location="query")
@blueprint.response(200, NoticePage)
def notices(query: dict[str, Any]) -> dict[str, Any]:
    """My notices, the newest first."""
    me, limit = guard.actor().person_id, query["limit"]
    found = service.page(session(), me, limit=limit + 1, before=query["cursor"], unread=query["unread"])
    shown, more = found[:limit], len(found) > limit
    return {"items": records(session(), shown), "next": str(shown[-1].id) if more else None}


@blueprint.route("/notices/<uuid:notice_id>/read", methods=["POST"])
@blueprint.response(200, NoticeSchema)
def read(notice_id: uuid.UUID) -> dict[str, Any]:
    """I have read it."""
    notice = service.read(session(), guard.actor().person_id, notice_id)
    return records(session(), [notice])[0]
