"""A county's boundaries as phones fetch them: the whole file, and the question whether it is still the same."""

from collections.abc import Iterator

from tests.bench.callers import Call, Caller, alive, at_once
from tests.bench.phones import Phone
from tests.bench.size import Size
from tests.bench.timing import MS, PER_SECOND, Measure


def fetched(phone: Phone, size: Size) -> Iterator[Measure]:
    grids = phone.client.copy.records("grids").values()
    [bundle] = [grid["bundle"] for grid in grids if grid["code"] == phone.account["grid"]]
    path = f"/api/v1/grids/bundles/{bundle['county']}/{bundle['version']}.topojson"
    body, connections = len(phone.caller().get(path)), size.connections

    def measure(title: str, call: Call, note: str) -> Measure:
        return Measure(
            title=f"{title}, {connections} at once",
            names=("", ", p95"),
            units=(PER_SECOND, MS),
            ours=lambda: at_once([(phone.caller, [call] * size.calls_at_once)] * connections),
            bare_name="GET /healthz",
            bare=lambda: at_once([(phone.caller, [alive] * size.calls_at_once)] * connections),
            rounds=size.rounds,
            note=lambda: note,
        )

    def whole(caller: Caller) -> object:
        return caller.get(path)

    def again(caller: Caller) -> object:
        return caller.get(path, {"If-None-Match": "*"})

    yield measure("bundle of a county", whole, f"{body / 1024:.1f} KiB on the wire")
    yield measure("bundle of a county, still the same", again, "304")
