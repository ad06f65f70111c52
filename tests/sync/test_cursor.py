"""Cursors, without any database."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.changes import Place
from sync.cursor import CONTEXT, Cursor, Cursors, context_of
from sync.errors import BadCursor

CURSORS = Cursors([b"k" * 32])
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)

places = st.builds(Place, st.sampled_from(["grids", "tasks"]), st.uuids())
positions = st.fixed_dictionaries(
    {
        "context": st.binary(min_size=CONTEXT, max_size=CONTEXT),
        "day": st.integers(0, 65535),
        "start": st.integers(0, 2**63),
        "place": st.none() | places,
    }
)
snapshots = st.none() | st.tuples(st.integers(0, 2**31), st.integers(0, 2**31))


@given(position=positions, snapshot=snapshots)
def test_what_is_written_is_read(position: dict[str, object], snapshot: tuple[int, int] | None) -> None:
    total, sent = snapshot or (None, None)
    cursor = Cursor(**position, total=total, sent=sent)  # type: ignore[arg-type]
    assert CURSORS.read(CURSORS.write(cursor)) == cursor


@given(position=positions, at=st.integers(0), to=st.sampled_from("ABCDwxyz0189-_"))
def test_what_was_altered_is_refused(position: dict[str, object], at: int, to: str) -> None:
    token = CURSORS.write(Cursor(**position))  # type: ignore[arg-type]
    at %= len(token) - 1  # the last letter may hold unused bits
    if token[at] != to:
        with pytest.raises(BadCursor):
            CURSORS.read(token[:at] + to + token[at + 1 :])


@given(token=st.text())
def test_what_we_never_wrote_is_refused(token: str) -> None:
    with pytest.raises(BadCursor):
        CURSORS.read(token)


def test_the_context_depends_on_everything() -> None:
    device, person = uuid.UUID(int=1), uuid.UUID(int=2)
    base = context_of("g", (device, person), {"a", "b"}, ["tasks"])
    assert base == context_of("g", (device, person), {"b", "a"}, ["tasks"])
    others = {
        context_of("h", (device, person), {"a", "b"}, ["tasks"]),
        context_of("g", (person, device), {"a", "b"}, ["tasks"]),
        context_of("g", (device, person), {"a"}, ["tasks"]),
        context_of("g", (device, person), {"a", "b"}, ["tasks", "grids"]),
        context_of("g", (device, person), {"a", "b", "tasks"}, []),
    }
    assert len(others) == 5
    assert base not in others
