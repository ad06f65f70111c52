"""Many registrars, one ledger."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from backend.core import clock
from backend.core.edge import Application
from backend.problems.numbering import next_number
from tests.backend.conftest import Caller
from tests.backend.problems.conftest import Call, Reported


def test_registrars_at_once_get_different_numbers(app: Application) -> None:
    def give(_: int) -> str:
        with app.database.transaction() as session:
            return next_number(session, "652301", 2026)

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(give, range(40)))
    assert sorted(numbers) == [f"652301-2026-{number:06d}" for number in range(1, 41)]


def test_a_number_that_was_rolled_back_is_given_again(app: Application) -> None:
    with app.database.transaction() as session:
        assert next_number(session, "652301", 2026) == "652301-2026-000001"
        session.rollback()
    with app.database.transaction() as session:
        assert next_number(session, "652301", 2026) == "652301-2026-000001"


def test_each_county_and_year_counts_for_itself(call: Call, reported: Reported, hand: clock.Frozen) -> None:
    def register(caller: Caller, name: str, lon: float) -> str:
        problem_id = reported(name, {"lon": lon, "lat": 44.05, "accuracy_m": 5})
        number: str = caller.post(f"/problems/{problem_id}/register").json["number"]
        return number

    assert register(call("Ding"), "Aygul", 87.05) == "652301-2026-000001"
    assert register(call("Ding"), "Aygul", 87.05) == "652301-2026-000002"
    assert register(call("Xu"), "Wang", 87.25) == "652302-2026-000001"
    # half past midnight of New Year's Day in Changji is still the old year in UTC
    hand.set(datetime(2026, 12, 31, 16, 30, tzinfo=UTC))
    assert register(call("Ding"), "Aygul", 87.05) == "652301-2027-000001"
