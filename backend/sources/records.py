"""Sources as phones and consoles know them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.auth import territory
from backend.core.instants import iso
from backend.sources.models import Source, SourceProposal


def scope_keys(source: Source) -> frozenset[str]:
    """Everyone with a post on the way up sees it."""
    return territory.scope_keys(source.grid_path)


def records(_session: Session, sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Wire records, JSON-ready, in the same order."""
    return [_record(source) for source in sources]


def _record(source: Source) -> dict[str, Any]:
    return {
        "id": source.id,
        "version": source.version,
        "name": source.name,
        "kind": source.kind,
        "address": source.address,
        "place": {"lon": source.lon, "lat": source.lat},
        "grid": territory.own_code(source.grid_path),
        "path": source.grid_path,
        "key": source.key,
        "state": source.state,
        "valid_from": source.valid_from,
        "valid_to": source.valid_to,
        "details": source.details,
    }


def proposal_record(proposal: SourceProposal) -> dict[str, Any]:
    return {
        "id": str(proposal.id),
        "source_id": str(proposal.source_id) if proposal.source_id else None,
        "base_version": proposal.base_version,
        "fields": proposal.fields,
        "grid": proposal.grid,
        "state": proposal.state,
        "person_id": str(proposal.person_id) if proposal.person_id else None,
        "received_at": proposal.received_at.isoformat(),
        "decided_by": str(proposal.decided_by) if proposal.decided_by else None,
        "decided_at": iso(proposal.decided_at),
        "reason": proposal.reason,
        "findings": proposal.findings or [],
    }
