"""Rows against a register that nobody stored: whatever a file says, done once it is done."""

import io
import uuid
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.commands import people_rows, table_file
from backend.commands.csv_file import BadFile
from backend.commands.people_changes import Change, Held, Known, changes
from backend.commands.people_rows import Row
from backend.core.sheets import Sheet, as_xlsx

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
VILLAGE, TOWNSHIP = "652301001001", "652301001"
TIERS = {VILLAGE: 4, TOWNSHIP: 3}

days = st.none() | st.integers(-3, 3).map(lambda number: NOW + timedelta(days=number))
rows = st.lists(
    st.builds(
        Row,
        line=st.integers(2, 99),
        name=st.just("古丽"),
        phone=st.sampled_from(("1", "2")),
        role=st.sampled_from(("leader", "supervisor")),
        grid=st.sampled_from(tuple(TIERS)),
        full_time=st.none() | st.booleans(),
        since=days,
        until=days,
    ),
    max_size=6,
)


def done(known: Known, made: Sequence[Change]) -> Known:
    """The register with these changes in it."""
    posts = {key: list(held) for key, held in known.posts.items()}
    for change in made:
        row, mine = change.row, posts.setdefault(change.row.key, [])
        if change.appoints:
            mine.append(Held(uuid.uuid4(), row.since or NOW, row.until, bool(row.full_time)))
        mine[:] = [
            Held(held.id, held.begins, row.until, held.full_time) if held.id == change.ends else held for held in mine
        ]
        mine.sort(key=lambda held: held.begins)
    return Known({**known.names, **{each.row.phone: each.row.name for each in made}}, known.tiers, posts)


@given(rows, rows)
def test_done_again_a_file_changes_nothing_and_never_the_past(first: list[Row], second: list[Row]) -> None:
    known = Known({}, TIERS, {})
    for file in (first, second):
        made, faults = changes(file, known, NOW)
        assert len(made) == len(file) or faults
        if faults:
            continue
        assert sum(each.adds for each in made) == len({row.phone for row in file} - known.names.keys())
        after = done(known, made)
        for key, held in known.posts.items():  # what was there begins as it began, and ends as was said, or later on
            then = {each.id: each for each in after.posts[key]}
            for each in held:
                assert then[each.id].begins == each.begins
                assert each.until in (None, then[each.id].until)
        for held in after.posts.values():  # nobody holds one post twice at one instant
            for one, other in pairwise(held):
                assert one.until is not None
                assert one.until <= other.begins
        again, none = changes(file, after, NOW)
        assert none == []
        assert not any(each.adds or each.appoints or each.ends for each in again)
        known = after


def test_a_post_that_boundaries_moved_began_where_it_first_began() -> None:
    begun, moved = NOW - timedelta(days=9), Held(uuid.uuid4(), NOW - timedelta(days=9), None, True)
    row = Row(2, "古丽", "1", "leader", VILLAGE, since=begun)
    made, faults = changes([row], Known({"1": "古丽"}, TIERS, {row.key: [moved]}), NOW)
    assert (made, faults) == ([Change(row)], [])


def test_a_post_that_boundaries_will_move_does_not_end_before_they_do() -> None:
    moves = NOW + timedelta(days=2)
    post = Held(uuid.uuid4(), NOW - timedelta(days=9), None, True, carried=moves)
    for until, fine in ((moves, False), (moves + timedelta(days=1), True)):
        row = Row(2, "古丽", "1", "leader", VILLAGE, until=until)
        made, faults = changes([row], Known({"1": "古丽"}, TIERS, {row.key: [post]}), NOW)
        assert (bool(made), bool(faults)) == (fine, not fine)


WORKBOOK = as_xlsx([Sheet("1", ("姓名", "手机号", "岗位", "网格"), [("古丽", 1, "网格长", VILLAGE)])])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(WORKBOOK) - 1), st.integers(0, 255)), max_size=8), st.integers(0, 400))
def test_a_damaged_workbook_is_read_or_refused(tmp_path: Path, damage: list[tuple[int, int]], cut: int) -> None:
    content = bytearray(WORKBOOK)
    for place, byte in damage:
        content[place] = byte
    (tmp_path / "people.xlsx").write_bytes(content[: len(content) - max(0, cut - 300)])
    try:
        read = table_file.rows(tmp_path / "people.xlsx", people_rows.HEADS, people_rows.NEEDED)
    except BadFile:
        return
    assert len(read) <= 1


def test_a_row_beyond_the_last_is_no_endless_sheet(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as sound, zipfile.ZipFile(tmp_path / "people.xlsx", "w") as made:
        for name in sound.namelist():
            made.writestr(name, sound.read(name).replace(b'<row r="2"', b'<row r="2000000000"'))
    assert table_file.rows(tmp_path / "people.xlsx", people_rows.HEADS, people_rows.NEEDED) == []
