"""The ledger of sources, and what the field proposes to change in it."""

import uuid
from typing import Any

from flask.views import MethodView
from sqlalchemy import Select, select

from backend.auth import guard
from backend.auth.territory import within
from backend.core.api import Blueprint
from backend.core.edge import session
from backend.core.errors import NotFound
from backend.core.etags import etag, require_version
from backend.core.paging import newest_first
from backend.sources import schemas, service
from backend.sources.models import Source, SourceProposal
from backend.sources.records import proposal_record, records

blueprint = Blueprint("sources", __name__, url_prefix="/api/v1", description="Pollution sources, one file each")

Answer = tuple[dict[str, Any], int, dict[str, str]]


@blueprint.route("/sources")
class Sources(MethodView):
    @blueprint.arguments(schemas.SourceQuery, location="query")
    @blueprint.response(200, schemas.SourcePage)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """The sources of my part of the tree, the newest first."""
        rows, following = newest_first(session(), _wanted(query), Source.id, query)
        return {"items": records(session(), [source for (source,) in rows]), "next": following}

    @blueprint.arguments(schemas.NewSource)
    @blueprint.response(201, schemas.SourceSchema)
    def post(self, given: dict[str, Any]) -> Answer:
        """Enter a source into the ledger."""
        return _answer(service.add(session(), guard.actor(), given), 201)


@blueprint.route("/sources/<uuid:source_id>")
class OneSource(MethodView):
    @blueprint.response(200, schemas.SourceSchema)
    def get(self, source_id: uuid.UUID) -> Answer:
        """One source."""
        source = _found(source_id)
        guard.actor().require("sources.read", source.grid_path)
        return _answer(source)

    @blueprint.arguments(schemas.SourceChange)
    @blueprint.response(200, schemas.SourceSchema)
    def patch(self, given: dict[str, Any], source_id: uuid.UUID) -> Answer:
        """Change some fields of the version named in If-Match."""
        source = _found(source_id)
        guard.actor().require("sources.maintain", source.grid_path)
        require_version(source.version)
        return _answer(service.change(session(), guard.actor(), source, given))


@blueprint.route("/source-proposals")
@blueprint.arguments(schemas.ProposalQuery, location="query")
@blueprint.response(200, schemas.ProposalPage)
def proposals(query: dict[str, Any]) -> dict[str, Any]:
    """What the field proposes, the newest first; for those who may decide, and one's own."""
    me = guard.actor()
    mine = SourceProposal.person_id == me.person_id
    wanted = select(SourceProposal).where(mine | me.visible("sources.maintain", SourceProposal.grid_path))
    for name in ("state", "source_id"):
        if name in query:
            wanted = wanted.where(getattr(SourceProposal, name) == query[name])
    rows, following = newest_first(session(), wanted, SourceProposal.id, query)
    return {"items": [proposal_record(proposal) for (proposal,) in rows], "next": following}


@blueprint.route("/source-proposals/<uuid:proposal_id>/accept", methods=["POST"])
@blueprint.arguments(schemas.AcceptSchema)
@blueprint.response(200, schemas.SourceSchema)
def accept(given: dict[str, Any], proposal_id: uuid.UUID) -> Answer:
    """Take the proposal into the ledger; answers with the source as it is now."""
    return _answer(service.accept(session(), guard.actor(), _proposed(proposal_id), given.get("grid")))


@blueprint.route("/source-proposals/<uuid:proposal_id>/refuse", methods=["POST"])
@blueprint.arguments(schemas.RefuseSchema)
@blueprint.response(200, schemas.ProposalSchema)
def refuse(given: dict[str, Any], proposal_id: uuid.UUID) -> dict[str, Any]:
    """Decline the proposal, with a reason."""
    proposal = _proposed(proposal_id)
    service.refuse(session(), guard.actor(), proposal, given["reason"])
    return proposal_record(proposal)


def _wanted(query: dict[str, Any]) -> Select[Source]:
    wanted = select(Source).where(guard.actor().visible("sources.read", Source.grid_path))
    for name in ("kind", "state", "key"):
        if name in query:
            wanted = wanted.where(getattr(Source, name) == query[name])
    if "grid" in query:
        wanted = wanted.where(within(Source.grid_path, service.path_of(session(), query["grid"])))
    if "name" in query:
        wanted = wanted.where(Source.name.contains(query["name"], autoescape=True))
    return wanted


def _found(source_id: uuid.UUID) -> Source:
    source = session().get(Source, source_id)
    if source is None:
        raise NotFound(id=str(source_id))
    return source


def _proposed(proposal_id: uuid.UUID) -> SourceProposal:
    proposal = session().get(SourceProposal, proposal_id, with_for_update=True)
    if proposal is None:
        raise NotFound(id=str(proposal_id))
    return proposal


def _answer(source: Source, status: int = 200) -> Answer:
    return records(session(), [source])[0], status, etag(source.version)
