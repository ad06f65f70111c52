"""One's own notices."""

import uuid
from typing import Any

from sqlalchemy import select

from backend.auth import guard
from backend.core.api import Blueprint
from backend.core.edge import session
from backend.core.paging import newest_first
from backend.notices import service
from backend.notices.models import Notice
from backend.notices.records import records
from backend.notices.schemas import NoticePage, NoticeQuery, NoticeSchema

blueprint = Blueprint("notices", __name__, url_prefix="/api/v1", description="Messages to people")


@blueprint.route("/notices")
@blueprint.arguments(NoticeQuery, location="query")
@blueprint.response(200, NoticePage)
def notices(query: dict[str, Any]) -> dict[str, Any]:
    """My notices, the newest first."""
    mine = select(Notice).where(Notice.person_id == guard.actor().person_id)
    if query["unread"]:
        mine = mine.where(Notice.read_at.is_(None))
    rows, following = newest_first(session(), mine, Notice.id, query)
    return {"items": records(session(), [notice for (notice,) in rows]), "next": following}


@blueprint.route("/notices/<uuid:notice_id>/read", methods=["POST"])
@blueprint.response(200, NoticeSchema)
def read(notice_id: uuid.UUID) -> dict[str, Any]:
    """I have read it."""
    notice = service.read(session(), guard.actor().person_id, notice_id)
    return records(session(), [notice])[0]
