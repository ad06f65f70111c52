"""Tokens of GIS clients, one for each place where maps are drawn: "QGIS at the bureau"."""

import uuid
from typing import Any

from flask.views import MethodView
from sqlalchemy import select

from backend.auth import guard, roles
from backend.auth.models import Post
from backend.auth.people import reaches
from backend.core.api import Blueprint, PageQuery
from backend.core.edge import session
from backend.core.errors import Forbidden, NotFound
from backend.core.paging import newest_first
from backend.gis import schemas_tokens as schemas
from backend.gis import tokens
from backend.gis.models import GisToken

blueprint = Blueprint("gis_tokens", __name__, url_prefix="/api/v1", description="Tokens of GIS clients")
ISSUE, READ, REVOKE = "exports.read", "devices.read", "devices.revoke"
"""Who may export may let a program do it. A token is looked after as a device is."""


@blueprint.route("/gis-tokens")
class Tokens(MethodView):
    @blueprint.arguments(PageQuery, location="query")
    @blueprint.response(200, schemas.TokenPage)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """My tokens, and those of the people of my part of the tree; the newest first."""
        me = guard.actor()
        theirs = GisToken.person_id.in_(select(Post.person_id).where(me.visible(READ, Post.grid_path)))
        wanted = select(GisToken).where((GisToken.person_id == me.person_id) | theirs)
        rows, following = newest_first(session(), wanted, GisToken.id, query)
        return {"items": [token for (token,) in rows], "next": following}

    @blueprint.arguments(schemas.NewToken)
    @blueprint.response(201, schemas.IssuedToken)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """A token that reads maps and exports as I may, and nothing else. Its secret is in this answer only."""
        me = guard.actor()
        if not me.somewhere(ISSUE):
            raise Forbidden(needs_role=roles.roles_for(ISSUE))
        token, secret = tokens.issue(session(), me.person_id, given["name"], given["days"])
        return {name: getattr(token, name) for name in schemas.TokenSchema().fields} | {"token": secret}


@blueprint.route("/gis-tokens/<uuid:token_id>", methods=["DELETE"])
@blueprint.response(204)
def revoke(token_id: uuid.UUID) -> None:
    """From now on it opens nothing: one's own, or somebody's of one's part of the tree."""
    me, token = guard.actor(), session().get(GisToken, token_id, with_for_update=True)
    if token is None:
        raise NotFound
    if token.person_id != me.person_id and not reaches(session(), me, REVOKE, token.person_id):
        raise Forbidden(needs_role=roles.roles_for(REVOKE)) if _listed(token) else NotFound
    tokens.revoke(session(), token, me.person_id)


def _listed(token: GisToken) -> bool:
    return reaches(session(), guard.actor(), READ, token.person_id)
