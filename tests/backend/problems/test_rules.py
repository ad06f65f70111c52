"""The table of transitions, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.auth import roles
from backend.problems import rules
from tests.backend.cast import COUNTY_A, MONDAY, TOWNSHIP_A, VILLAGE_A1, VILLAGE_B1

WALK = st.lists(st.sampled_from(rules.ACTIONS), max_size=30)


def test_the_table_speaks_of_known_states_and_permissions() -> None:
    for line in rules.TRANSITIONS:
        assert {*line.sources, line.target or line.sources[0]} <= set(rules.STATES)
        assert line.permission in roles.ALLOWED
    pairs = [(line.action, state) for line in rules.TRANSITIONS for state in line.sources]
    assert len(pairs) == len(set(pairs)), "one line at most for an action in a state"


def test_every_state_can_be_reached_and_only_struck_off_is_the_end() -> None:
    reached, waiting = set(), ["reported"]
    while waiting:
        state = waiting.pop()
        reached.add(state)
        targets = {line.target for line in rules.TRANSITIONS if state in line.sources and line.target}
        waiting += targets - reached
    assert reached == set(rules.STATES)
    assert [state for state in rules.STATES if not rules.allowed(state)] == ["struck_off"]


@given(WALK)
def test_the_events_of_any_walk_replay_to_its_state(walk: list[str]) -> None:
    state, events = "reported", [("report", None, "reported")]
    for action in walk:
        line = rules.transition(action, state)
        assert (line is not None) == (action in rules.allowed(state))
        if line:
            after = line.target or state
            events.append((action, state, after))
            state = after
    assert rules.replay(events) == state


@given(WALK, st.data())
def test_an_event_that_is_lost_shows_or_changed_nothing(walk: list[str], data: st.DataObject) -> None:
    state, events = "reported", [("report", None, "reported")]
    for action in walk:
        if line := rules.transition(action, state):
            events.append((action, state, line.target or state))
            state = line.target or state
    lost = data.draw(st.integers(0, len(events) - 1))
    _, before, after = events.pop(lost)
    if before != after and lost < len(events):
        with pytest.raises(ValueError, match=r"lead|begins"):
            rules.replay(events)


def test_a_history_begins_with_the_report() -> None:
    for events in ([], [("register", "reported", "registered")], [("report", None, "registered")]):
        with pytest.raises(ValueError, match=r"lead|begins"):
            rules.replay(events)


@pytest.mark.parametrize(
    ("path", "posts", "expected"),
    [
        (VILLAGE_A1, [VILLAGE_A1], rules.Placed(VILLAGE_A1, ())),
        (VILLAGE_A1, [VILLAGE_B1, COUNTY_A], rules.Placed(VILLAGE_A1, ())),
        (VILLAGE_B1, [TOWNSHIP_A], rules.Placed(VILLAGE_B1, ("outside_own_grid",))),
        (None, [TOWNSHIP_A], rules.Placed(TOWNSHIP_A, ("outside_prefecture",))),
    ],
)
def test_a_place_is_a_finding_never_a_refusal(path: str | None, posts: list[str], expected: rules.Placed) -> None:
    assert rules.placed(path, False, posts, posts[0]) == expected


def test_a_border_that_is_near_is_a_finding() -> None:
    assert rules.placed(VILLAGE_A1, True, [VILLAGE_B1], VILLAGE_B1).findings == ("near_border", "outside_own_grid")


def test_calendar_days_to_rectify() -> None:
    assert (rules.due(MONDAY, 15) - MONDAY).days == 15
