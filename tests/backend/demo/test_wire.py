"""What records hold on the wire is what docs/sync.md promises."""

import json
import re
from pathlib import Path
from typing import Any

from backend.core import clock
from backend.core.edge import Application
from tests.backend.demo.test_people import accounts_of, bearer
from tests.docs.pages import CODE, ROOT, Page

PROMISED = {row[0].strip("`"): CODE.findall(row[2]) for row in Page(ROOT / "docs/sync.md").table("collection")}


def test_records_hold_what_is_promised(app: Application, tmp_path: Path, hand: clock.Frozen) -> None:
    found: dict[str, list[dict[str, Any]]] = {}
    for account in accounts_of(tmp_path):
        for change in pulled(app, bearer(app, account)):
            found.setdefault(change["collection"], []).append(change["record"])
        if found.keys() == PROMISED.keys():
            break
    for collection, fields in PROMISED.items():
        for field in fields:
            name, *inner = re.findall(r"\w+", field)
            values = [record[name] for record in found[collection]]
            shapes = {frozenset(value) for value in values if inner and value}
            assert shapes <= {frozenset(inner)}, field


def pulled(app: Application, headers: dict[str, str]) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = []
    page: dict[str, Any] = {"more": True}
    while page["more"]:
        query = {"cursor": page["cursor"]} if "cursor" in page else {}
        page = json.loads(app.test_client().get("/api/v1/sync/pull", query_string=query, headers=headers).data)
        changes += page["changes"]
    return changes
