"""What people edit is edited from the version that they saw: ETag and If-Match."""

from typing import Any

from flask import request

from backend.core.errors import Problem, StaleVersion


class IfMatchRequired(Problem):
    code = "if_match_required"
    status = 428
    zh = "修改前请先读取该记录,并用 If-Match 带上其版本。"
    en = "Load the record first and send its version along in If-Match."


def etag(version: int) -> dict[str, str]:
    """The header that names a record's version."""
    return {"ETag": f'"{version}"'}


def require_version(version: int) -> None:
    """Raise IfMatchRequired or StaleVersion (with the version that is here) unless the caller saw this version."""
    if not request.if_match:
        raise IfMatchRequired
    refuse_stale(version)


def refuse_stale(version: int) -> None:
    """Raise StaleVersion if the caller names a version and this is another one; who names none takes it as it is."""
    seen: Any = request.if_match
    # a compressed answer went out as "7:gzip"
    if seen and not seen.star_tag and str(version) not in {tag.partition(":")[0] for tag in seen.as_set()}:
        raise StaleVersion(version=version, headers=etag(version))
