"""A micro-station in village A1 and the key that speaks for it."""

import uuid
from dataclasses import dataclass
from typing import Any

from backend.core.edge import Application
from backend.stations import service
from tests.backend.cast import VILLAGE_A1

PLACE = (87.05, 44.05)
NOW = "2026-11-23T09:00:00+08:00"


@dataclass(frozen=True)
class World:
    app: Application
    station_id: uuid.UUID
    secret: str

    def send(self, *items: Any, secret: str | None = None) -> Any:
        """Post readings; returns the answer."""
        headers = {"Authorization": f"Bearer {secret or self.secret}"}
        return self.app.test_client().post("/api/v1/readings", json=list(items), headers=headers)

    def statuses(self, *items: Any) -> list[str]:
        answer = self.send(*items)
        assert answer.status_code == 200, answer.text
        return [result["status"] for result in answer.json["results"]]


def reading(value: Any = 35, **other: Any) -> dict[str, Any]:
    return {"station": "M1", "at": NOW, "pollutant": "pm25", "value": value, "unit": "ug/m3", **other}


def build(app: Application) -> World:
    with app.app_context(), app.database.transaction() as session:
        facts = {"name": "红星微站", "kind": "micro", "grid_path": VILLAGE_A1, "pollutants": ["pm25", "pm10"]}
        station = service.add_station(session, code="M1", place=PLACE, **facts)
        service.add_station(session, code="M2", place=PLACE, **facts)
        return World(app, station.id, service.issue_key(session, "vendor", [station]))
