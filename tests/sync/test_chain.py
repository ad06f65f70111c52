"""The hash chain: what the links around an operation say of when it was made."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync.chain import Chain, Link
from sync.evidence import Around

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
LATER = NOON + timedelta(days=9)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def link(n: int, received_at: datetime = LATER, **said: datetime) -> Link:
    return Link(n, f"hash {n}", f"hash {n - 1}" if n > 1 else None, received_at, **said)


@given(length=st.integers(1, 12), heads=st.lists(st.integers(1, 14), unique=True), lost=st.sets(st.integers(1, 12)))
def test_a_head_covers_what_the_chain_holds_and_nothing_else(length: int, heads: list[int], lost: set[int]) -> None:
    seen = [(n, f"hash {n}", at(n)) for n in heads]
    here = [link(n) for n in range(1, length + 1) if n not in lost]
    chain = Chain(here, seen)
    for one in here:
        covering = [head for head in heads if head >= one.sequence]
        whole = [head for head in covering if head <= length and not lost & set(range(one.sequence, head + 1))]
        assert chain.around(one.sequence, one.hash).covered_at == (at(min(whole)) if whole else LATER)
        assert chain.around(one.sequence, "another hash") == Around()


def test_what_was_received_first_shows_all_below_it_to_be_made() -> None:
    chain = Chain([link(1, at(5)), link(2, at(4)), link(3, at(1)), link(4, at(6))], [])
    assert [chain.around(n, f"hash {n}").covered_at for n in (1, 2, 3, 4)] == [at(1), at(1), at(1), at(6)]


def test_no_link_was_made_before_what_is_proved_of_those_below_it() -> None:
    chain = Chain([link(1, not_before=at(1)), link(2, not_before=at(3)), link(3), link(4, not_before=at(2))], [])
    assert [chain.around(n, f"hash {n}").not_before for n in (1, 2, 3, 4)] == [None, at(1), at(3), at(3)]


def test_what_links_attest_goes_up_the_chain_apart_from_what_is_proved() -> None:
    chain = Chain([link(1, not_before=at(1), attested_from=at(2)), link(2)], [])
    assert chain.around(2, "hash 2") == Around(not_before=at(1), attested_from=at(2), covered_at=LATER)


def test_what_its_own_coverage_refutes_is_not_passed_on() -> None:
    first = link(1, not_before=at(1))
    boast = link(2, not_before=at(5), attested_from=at(6))  # by an elapsed time that the head then refutes
    chain = Chain([first, boast, link(3)], [(3, "hash 3", at(4))])
    assert chain.around(3, "hash 3") == Around(not_before=at(1), covered_at=at(4))


def test_nothing_passes_where_a_link_is_missing_or_names_another() -> None:
    torn = replace(link(4, at(1)), previous="forged")
    chain = Chain([link(1, not_before=at(1)), link(3, at(2)), torn], [])
    assert chain.around(3, "hash 3") == Around(covered_at=at(2), findings=("chain_broken",))
    assert chain.around(4, "hash 4") == Around(covered_at=at(1), findings=("chain_broken",))


def test_two_that_name_the_same_one_both_cover_it() -> None:
    twin = replace(link(2, at(1)), hash="twin of 2")
    assert Chain([link(1), link(2, at(3)), twin], []).around(1, "hash 1").covered_at == at(1)


def findings(links: list[Link], heads: list[tuple[int, str, datetime]], *places: tuple[int, str]) -> list[list[str]]:
    chain = Chain(links, heads)
    return [list(chain.around(*place).findings) for place in places]


def test_a_whole_chain_and_one_with_holes_are_found_well() -> None:
    links = [link(n) for n in (1, 2, 3, 5, 9)]
    heads = [(2, "hash 2", at(0)), (7, "hash 7", at(0))]
    assert findings(links, heads, *((one.sequence, one.hash) for one in links)) == [[]] * 5


def test_a_link_that_names_another_than_the_one_before_is_told_of_both() -> None:
    torn = replace(link(3), previous="hash 1")
    both = (2, "hash 2"), (3, "hash 3")
    assert findings([link(1), link(2), torn], [], *both) == [["chain_broken"], ["chain_broken"]]


def test_a_link_is_not_the_one_that_a_contact_named() -> None:
    altered = replace(link(1), hash="altered")
    assert findings([altered], [(1, "hash 1", LATER)], (1, "altered")) == [["head_differs"]]


def test_two_links_of_one_sequence_are_told_of_both() -> None:
    twin = replace(link(2), hash="twin of 2")
    assert findings([link(1), link(2), twin, link(3)], [], (1, "hash 1"), (2, "hash 2"), (2, "twin of 2")) == [
        [],
        ["sequence_twice"],
        ["chain_broken", "sequence_twice"],
    ]


def test_who_does_not_know_what_was_before_begins_anew() -> None:
    anew = replace(link(4), previous=None)
    heads = [(3, "hash of one that never came", at(0))]
    assert findings([link(2), anew, link(5)], heads, (2, "hash 2"), (4, "hash 4"), (5, "hash 5")) == [
        [],
        ["chain_begins_anew"],
        [],
    ]
