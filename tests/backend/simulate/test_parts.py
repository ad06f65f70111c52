"""The pieces of the simulation by themselves."""

import random
from pathlib import Path
from threading import Event

import httpx
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from backend.patrols.answers import check_answers
from backend.simulate.bundle import contains, decode, place_inside
from backend.simulate.forms import fill_in
from backend.simulate.ledger import Ledger, differences
from backend.simulate.line import Line, Stopped
from backend.simulate.plan import Account, CannotSimulate, holders, read_accounts
from geo.topojson import encode

RING = shapely.box(87.0, 44.0, 87.3, 44.3).difference(shapely.box(87.1, 44.1, 87.2, 44.2))
HOLE = shapely.box(87.1, 44.1, 87.2, 44.2)
PICTURE = "a" * 64


def topology() -> bytes:
    """A village around another."""
    return encode([RING, HOLE], {"4": [({"code": "ring"}, [0]), ({"code": "hole"}, [1])]})


def test_bundles_are_read_as_they_were_written() -> None:
    areas = decode(topology())["4"]
    assert (contains(areas["ring"], 87.05, 44.05), contains(areas["ring"], 87.15, 44.15)) == (True, False)
    assert (contains(areas["hole"], 87.05, 44.05), contains(areas["hole"], 87.15, 44.15)) == (False, True)


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"nonsense",
        topology().replace(b"[[[0]", b"[[[9]"),  # an arc that is not there
        topology().replace(b"[[[0],[1]]]", b"[[[0,1]]]"),  # two that do not meet
        topology().replace(b",[-10000,0]", b""),  # one that does not come home
    ],
)
def test_damaged_bundles_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011, every kind of damage
        decode(content)


@given(st.integers())
def test_places_lie_well_inside(seed: int) -> None:
    lon, lat = place_inside(decode(topology())["4"]["ring"], random.Random(seed))
    assert RING.contains(shapely.Point(lon, lat))
    assert RING.boundary.distance(shapely.Point(lon, lat)) > 0.005


NAMES = st.sampled_from(["yes", "no", "perhaps"])
OPTIONS = [{"value": "yes"}, {"value": "no"}]
TYPES = ("choice", "choices", "text", "number", "yes_no", "photo")


@given(st.lists(st.tuples(st.sampled_from(TYPES), st.booleans(), NAMES), min_size=1, max_size=6), st.integers())
def test_forms_are_filled_in_as_the_server_wants_it(asked: list[tuple[str, bool, str]], seed: int) -> None:
    fields: list[dict[str, object]] = []
    for number, (kind, depends, equals) in enumerate(asked):
        condition = {"show_if": {"field": f"field{number - 1}", "equals": equals}} if depends and number else {}
        fields.append({"name": f"field{number}", "type": kind, "options": OPTIONS, "required": True} | condition)
    answers = fill_in({"fields": fields}, PICTURE, random.Random(seed))
    assert check_answers(fields, answers, {PICTURE}) == []


def test_a_ledger_is_equal_only_where_every_count_is() -> None:
    ledger, other = Ledger(), Ledger()
    ledger.one("visits", [])
    other.one("visits", [])
    ledger.take(other)
    assert ledger.equal
    ledger.add("pictures", 3, 2)
    ledger.one("visits", differences("7", {"note": "a", "finding": "none"}, {"note": "b", "finding": "none"}))
    assert not ledger.equal
    assert (ledger.counts["visits"].made, ledger.counts["visits"].held) == (3, 2)
    assert ledger.faults == ["visits: 7 has note 'b' instead of 'a'", "pictures: 3 made, 2 on the server"]


def account(role: str, phone: str, grid: str) -> Account:
    return Account(role, "somebody", phone, "secret", grid)


def test_phones_go_to_many_villages_before_two_people_of_one() -> None:
    people = [account("supervisor", phone, phone[0]) for phone in ("a1", "a2", "b1")] + [account("officer", "o", "o")]
    assert [held.phone for held in holders(people, 8)] == ["a1", "a1", "b1", "b1", "a2", "a2", "a1", "a1"]
    with pytest.raises(CannotSimulate, match="no supervisor"):
        holders(people[3:], 1)


@pytest.mark.parametrize("content", ["{", "7", '[{"role": "supervisor"}]', "[3]"])
def test_what_is_no_list_of_accounts_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "accounts.json").write_text(content)
    with pytest.raises(CannotSimulate, match="is no list of accounts"):
        read_accounts(tmp_path / "accounts.json")


def test_nothing_goes_over_a_line_that_is_not_there_or_was_stopped() -> None:
    stopped = Event()
    line, request = Line(random.Random(1), stopped), httpx.Request("GET", "http://127.0.0.1:9/")
    line.quality = "none"
    with pytest.raises(httpx.ConnectError):
        line.handle_request(request)
    assert (line.broken, line.requests, line.repeats) == (1, 0, 0)
    stopped.set()
    with pytest.raises(Stopped):
        line.handle_request(request)
    assert line.broken == 1
    line.close()
