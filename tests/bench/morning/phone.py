"""One phone's morning: sign in, first copy, work out of coverage, back with it, and a look whether all is there."""

import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sync.client import Client
from sync.client_outbox import Made
from sync.client_pictures import Picture
from sync.client_session import Installation, Refused, Unreachable
from tests.bench import work
from tests.bench.morning.line import Line, Told
from tests.bench.morning.people import PASSWORD, Supervisor

REPORTS = 5
ATTEMPTS = 3
LOOKS, LOOK_AGAIN_S = 5, 0.5
"""The feed goes no further than the oldest open transaction: what a phone just pushed may be news a moment later."""
MEMORY = Path(":memory:")
"""Two thousand phones have two thousand disks; this machine has one, and it is the server's."""
Sleep = Callable[[float], object]
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Not used over http, but httpx would read the system's certificates for every client: 20 ms."""


@dataclass(frozen=True)
class Errand:
    """Whose morning it is, when it begins (seconds after the first instant), and the picture it brings."""

    at_s: float
    supervisor: Supervisor
    picture: Path


class Phone:
    """An installation of its own, on a connection of its own."""

    def __init__(self, server: str, errand: Errand, told: Told, sleep: Sleep) -> None:
        self._errand, self._told, self._sleep = errand, told, sleep
        self._dice = random.Random(f"morning {errand.supervisor.phone}")
        self._line = Line(httpx.HTTPTransport(verify=NO_TLS, trust_env=False), told)
        self.client = Client(
            server,
            MEMORY,
            Installation("morning", "android", "1.0"),
            transport=self._line,
            sleep=self._wait,
            chance=self._dice,
            attempts=ATTEMPTS,
        )

    def _wait(self, seconds: float) -> None:
        self._told.faults.append(f"had to wait for {seconds:.1f} s")
        self._sleep(seconds)

    def live(self) -> None:
        self.client.sign_in(self._errand.supervisor.phone, PASSWORD)
        self.client.pull()
        self._fetch_boundaries()
        made = self._work()
        self._line.has_worked = True
        self.client.sync()
        self._look_for([one.operation for one in made])

    def _fetch_boundaries(self) -> None:
        village = self._errand.supervisor.village
        [bundle] = [grid["bundle"] for grid in self.client.copy.records("grids").values() if grid["code"] == village]
        self.client.session.request("GET", f"/grids/bundles/{bundle['county']}/{bundle['version']}.topojson")

    def _work(self) -> list[Made]:
        """Visits and reports as they come, one of them with the picture."""
        village, dice = self._errand.supervisor.village, self._dice
        found = self.client.copy.records("sources").values()
        sources = [source for source in found if source["grid"] == village]
        pictured, picture = dice.randrange(REPORTS), Picture(self._errand.picture.read_bytes(), role="scene")
        return [
            dice.choice((work.visit, work.report))(
                self.client, dice.choice(sources), dice, [picture] if number == pictured else []
            )
            for number in range(REPORTS)
        ]

    def _look_for(self, made: list[dict[str, Any]]) -> None:
        """Nothing is left in the outbox, and the copy holds every problem reported, its picture stored."""
        self._told.faults += [f"left in the outbox: {left.state} {left.answer}" for left in self.client.outbox.all()]
        lacking = self._lacking(made)
        while lacking and self._told.looked_again < LOOKS:
            self._told.looked_again += 1
            self._sleep(LOOK_AGAIN_S)
            self.client.pull()
            lacking = self._lacking(made)
        self._told.faults += [f"not in the phone's copy: {one}" for one in lacking]

    def _lacking(self, made: list[dict[str, Any]]) -> list[str]:
        """Ids of reports that the copy lacks, or has without their pictures."""
        held = self.client.copy.records("problems")
        stored = {
            id_: {photo["sha256"] for photo in problem["photos"] if photo["state"] == "stored"}
            for id_, problem in held.items()
        }
        return [
            operation["id"]
            for operation in made
            if operation["type"] == "problem.report"
            and not {photo["sha256"] for photo in operation["payload"]["photos"]} <= stored.get(operation["id"], {""})
        ]

    def close(self) -> None:
        self.client.close()


def morning(server: str, errand: Errand, late_ms: float, sleep: Sleep = time.sleep) -> Told:
    """Live through it; whatever goes wrong is told, not raised."""
    told, began = Told(late_ms=late_ms), time.perf_counter()
    phone = Phone(server, errand, told, sleep)
    try:
        phone.live()
    except (Refused, Unreachable) as fault:
        told.faults.append(f"gave up: {fault!r}")
    finally:
        phone.close()
    told.lasted_ms = (time.perf_counter() - began) * 1000
    return told
