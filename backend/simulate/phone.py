"""One phone of the simulation: its client, its line, and what was made on it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from backend.simulate.bundle import Area, decode
from backend.simulate.ledger import Ledger
from backend.simulate.line import Line, Stopped
from backend.simulate.plan import Account, CannotSimulate
from sync.client import Client
from sync.client_clock import Clock, SystemClock
from sync.client_pictures import Picture
from sync.client_session import Installation, Refused

URGENT = frozenset({"alarm.accept", "alarm.onsite", "alarm.disposal"})
"""What a county's deadline waits for."""
ATTEMPTS, LONGEST_PAUSE_S = 15, 5.0
"""More patient than a phone in the field, since giving up would say nothing about the server; but nobody waits for it
as long as a phone would."""


@dataclass(frozen=True)
class World:
    """What all phones share. `sleep` waits for so many seconds."""

    server: str
    folder: Path
    stopped: Event
    seed: int
    clock: Callable[[], Clock] = SystemClock
    sleep: Callable[[float], Any] | None = None

    def wait(self, seconds: float) -> None:
        """Raises Stopped as soon as the simulation ends."""
        if self.sleep is not None:
            self.sleep(seconds)
        elif self.stopped.wait(min(seconds, LONGEST_PAUSE_S)):
            raise Stopped


@dataclass(eq=False)
class Phone:
    """`name` tells it from all others of its run. The file with all that must survive lies in the world's folder."""

    world: World
    name: str
    account: Account
    made: list[dict[str, Any]] = field(default_factory=list)
    alarm_id: str | None = None
    """The alarm that this phone is to answer."""
    retries: int = 0
    lines: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.world.seed} {self.name}")  # noqa: S311
        self.mark = f"{self.world.folder.name} {self.name}"
        """Stands in every note, so that what was made twice can be found under other ids."""
        self.clock = self.world.clock()
        self.area: Area = []
        self._open()

    def _open(self) -> None:
        line = Line(random.Random(self.dice.random()), self.world.stopped)  # noqa: S311
        self.lines.append(line)
        self.client = Client(
            self.world.server,
            self.world.folder / f"{self.name.replace(' ', '-')}.db",
            Installation(self.name, "simulated", "1.0"),
            urgent=URGENT,
            transport=line,
            clock=self.clock,
            sleep=self._pause,
            chance=self.dice,
            attempts=ATTEMPTS,
        )

    def restart(self) -> None:
        """The app was killed: all it knows is what its file holds."""
        quality = self.line.quality
        self.client.close()
        self._open()
        self.line.quality = quality

    def _pause(self, seconds: float) -> None:
        self.retries += 1
        self.world.wait(seconds)

    @property
    def line(self) -> Line:
        return self.lines[-1]

    def arrive(self) -> Ledger:
        """Sign in, pull, fetch the county's boundaries; returns whether they hold every grid that names them.

        Raises CannotSimulate where there is no boundary of our village: nobody could work in it.
        """
        self.sign_in()
        self.client.pull()
        return self._read_boundaries()

    def sign_in(self) -> None:
        try:
            self.client.sign_in(self.account.phone, self.account.password)
        except Refused as refused:
            who = f"{self.account.phone} ({self.account.name})"
            raise CannotSimulate(
                f"{who} cannot sign in: {refused}; are these the accounts of this server?"
            ) from refused

    @property
    def village(self) -> dict[str, Any]:
        """The record of the post's grid. Raises CannotSimulate where the pull did not bring it."""
        for grid in self.client.copy.records("grids").values():
            if grid["code"] == self.account.grid:
                return grid
        raise CannotSimulate(f"{self.account.phone} ({self.account.name}) pulled no grid {self.account.grid}")

    def _read_boundaries(self) -> Ledger:
        ledger, bundle = Ledger(), self.village["bundle"]
        if bundle is None:
            raise CannotSimulate(f"no boundaries were ever published around {self.account.grid}")
        address = f"/grids/bundles/{bundle['county']}/{bundle['version']}.topojson"
        layers = decode(self.client.session.request("GET", address).content)
        for grid in self.client.copy.records("grids").values():
            if grid["bundle"] == bundle:
                layer = layers.get("key_grids" if grid["tier"] is None else str(grid["tier"]), {})
                missing = [] if layer.get(grid["code"]) else [f"{grid['code']} is not in {address}"]
                ledger.one("boundaries", missing)
        self.area = layers["4"].get(self.account.grid, [])
        if not self.area:
            raise CannotSimulate(f"{address} has no boundary of {self.account.grid}")
        return ledger

    def make(self, operation_type: str, payload: dict[str, Any], at: tuple[float, float], picture: Picture) -> None:
        """An operation at a place (lon, lat), with a picture."""
        lon, lat = at
        fixed_at = self.clock.wall().isoformat()
        position = {"lon": lon, "lat": lat, "accuracy_m": 8, "datum": "WGS84", "fixed_at": fixed_at, "mock": False}
        self.keep(self.client.make(operation_type, payload, position=position, pictures=[picture]).operation)

    def keep(self, operation: dict[str, Any]) -> None:
        self.made.append(operation)

    def of_type(self, operation_type: str) -> list[dict[str, Any]]:
        return [operation for operation in self.made if operation["type"] == operation_type]

    def come_back(self, chaos: bool) -> None:
        """Push, upload, pull. In chaos the line is bad, and the app dies between push and upload."""
        self.line.quality = "bad" if chaos else "good"
        if chaos:
            self.client.push()
            self.restart()
        self.client.sync()
        self.line.quality = "good"

    def look(self, path: str, **params: Any) -> dict[str, Any]:
        """The JSON at a path. Raises Refused."""
        answer: dict[str, Any] = self.client.session.request("GET", path, params=params).json()
        return answer

    def all_of(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Every item of a list, page by page."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, Any] = {}
        while True:
            page = self.look(path, limit=1000, **params, **cursor)
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = {"cursor": page["next"]}

    def is_refused(self, path: str) -> bool:
        """Does the server keep this from me?"""
        try:
            self.client.session.request("GET", path)
        except Refused as refused:
            return refused.status in (403, 404)
        return False

    def close(self) -> None:
        self.client.close()
