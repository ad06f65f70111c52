"""A morning of a handful of phones, so that the large one works when it is wanted; and its own sums."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from backend.demo import boundaries, seed
from tests.backend.demo.drawing import drawn
from tests.bench.houses import SQLITE
from tests.bench.morning import crowd, ledger, report
from tests.bench.morning.__main__ import lived
from tests.bench.morning.line import BYTES, FIRST_PULL, KINDS, PULL, PUSH, SIGN_IN, Line, Told
from tests.bench.morning.people import Supervisor
from tests.bench.morning.phone import REPORTS, Errand, morning

PHONES = 4
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def young_demonstration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the problems and alarms of its past, which take most of the time and which nobody here looks at.

    Its boundaries were drawn already.
    """
    monkeypatch.setattr(boundaries, "changji", drawn)
    past = ("patrols", "problems", "alarms")
    monkeypatch.setattr(seed, "STEPS", tuple(step for step in seed.STEPS if step.name not in past))


def silent(_what: str, _steps: int) -> Callable[[], object]:
    return lambda: None


@pytest.mark.usefixtures("young_demonstration")
def test_a_handful_of_phones(tmp_path: Path) -> None:
    told, faults = lived(SQLITE, PHONES, seconds=1, seed=1, folder=tmp_path, begun=silent)
    assert faults == []
    counts = {one.kind: one.count for one in report.figures(told)}
    assert counts == dict.fromkeys(KINDS, PHONES) | {report.ALL: PHONES * len(KINDS)}
    database = tmp_path / "house" / "xunge.db"
    url, everything = f"sqlite:///{database}", (PHONES * REPORTS, PHONES)
    assert list(ledger.faults_in_database(url, *everything)) == []
    with closing(sqlite3.connect(database)) as lossy, lossy:
        lossy.execute("UPDATE sync_operation SET status = 'deferred' WHERE key = (SELECT max(id) FROM problems)")
        lossy.execute("DELETE FROM visits WHERE id = (SELECT max(id) FROM visits)")
        lossy.execute("DELETE FROM photos WHERE sha256 = (SELECT max(sha256) FROM photo_promises)")
    undecided, undone, lost = ledger.faults_in_database(url, *everything)
    assert "'deferred': 1" in undecided
    assert undone == "20 operations became 19 visits and problems"
    assert lost == "of 4 pictures 3 are stored"


def test_a_phone_without_a_server_tells_of_it(tmp_path: Path) -> None:
    waited: list[float] = []
    errand = Errand(0, Supervisor("10090000000", "652301001001", 87.3, 44.0), tmp_path / "none.jpg")
    told = morning(NOBODY, errand, 0, waited.append)
    assert len(waited) == 2
    assert [fault.split(":")[0].split(" for ")[0] for fault in told.faults] == [
        "sign in", "had to wait", "sign in", "had to wait", "sign in", "gave up"
    ]  # fmt: skip


def line(told: Told, status: int = 200) -> httpx.Client:
    wire = httpx.MockTransport(lambda _request: httpx.Response(status, json={"code": "busy"}))
    return httpx.Client(base_url="http://server/api/v1", transport=Line(wire, told))


def test_every_request_has_its_kind_also_one_that_nobody_foresaw() -> None:
    told = Told()
    with line(told) as client:
        client.post("/auth/login")
        client.get("/sync/pull?cursor=x")
        client.patch("/uploads/1")
        client.head("/uploads/1")
    assert [kind for kind, _ in told.took] == [SIGN_IN, FIRST_PULL, BYTES, "HEAD uploads"]
    assert told.faults == []


def test_a_refusal_is_a_fault_even_where_a_client_would_bear_it() -> None:
    told = Told()
    with line(told, 503) as client:
        client.post("/sync/push")
    assert told.faults == [f'{PUSH}: 503 {{"code":"busy"}}']
    assert report.faults([told], phones=1) == told.faults


def test_whoever_never_came_back_is_a_fault() -> None:
    assert report.faults([Told()], phones=3) == ["2 phones never came back"]


def test_slow_is_a_second_at_the_95th_percentile_of_all() -> None:
    quick, slow = Told([(PULL, 10.0)] * 96 + [(PUSH, 5000.0)] * 4), Told([(PULL, 1000.0)])
    assert report.slowness([quick]) == []
    assert report.slowness([slow]) == ["p95 of all requests is 1,000 ms, not below 1000"]


def test_figures_stand_in_the_order_of_a_morning_with_all_at_the_end() -> None:
    told = [Told([(PULL, 30.0), (SIGN_IN, 10.0)]), Told([(SIGN_IN, 20.0)])]
    shown = [(one.kind, one.count, one.p50, one.longest) for one in report.figures(told)]
    assert shown == [(SIGN_IN, 2, 15, 20), (PULL, 1, 30, 30), (report.ALL, 3, 20, 30)]
    assert "| sign in | 2 | 15.0 |" in report.markdown(told, [("date", "today")])


def test_moments_follow_from_the_dice_and_lie_within_the_time() -> None:
    moments = crowd.moments(500, 60, random.Random(7))
    assert moments == sorted(crowd.moments(500, 60, random.Random(7)))
    assert 0 <= moments[0] < moments[-1] <= 60


def test_what_the_log_says_of_failures(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    bad = ['{"status": 503, "level": "info"}', '{"level": "error"}', "Traceback (most recent call last):"]
    log.write_text("\n".join(["xunge serves", '{"status": 200, "level": "info"}', *bad]), encoding="utf-8")
    assert ledger.faults_in_log(log) == bad
