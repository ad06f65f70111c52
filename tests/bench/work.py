"""A supervisor's work at the sources of the village, made by the client half as real phones make it."""

import random
from collections.abc import Sequence
from typing import Any

from sync.client import Client
from sync.client_outbox import Made
from sync.client_pictures import Picture

Source = dict[str, Any]


def visit(client: Client, source: Source, dice: random.Random, pictures: Sequence[Picture] = ()) -> Made:
    """Nothing found, with answers to the demonstration's form."""
    [form] = client.copy.records("forms").values()
    payload = {
        "source_id": source["id"],
        "form": {"id": form["id"], "version": form["version"]},
        "answers": {"open": True, "watched": [], "covered": "yes"},
        "finding": "none",
        "note": "一切正常",
    }
    return client.make("patrol.visit", payload, position=_beside(client, source, dice), pictures=pictures)


def report(client: Client, source: Source, dice: random.Random, pictures: Sequence[Picture] = ()) -> Made:
    """Dust at a source."""
    payload = {"class": "dust", "note": "堆场未苫盖,扬尘明显", "source_id": source["id"]}
    return client.make("problem.report", payload, position=_beside(client, source, dice), pictures=pictures)


def _beside(client: Client, source: Source, dice: random.Random) -> dict[str, Any]:
    lon, lat = (source["place"][axis] + dice.uniform(-1e-4, 1e-4) for axis in ("lon", "lat"))
    fixed_at = client.clock.wall().isoformat()
    return {"lon": lon, "lat": lat, "accuracy_m": 12, "datum": "WGS84", "fixed_at": fixed_at, "mock": False}
