"""`xunge people import`: a township's spreadsheet against the register, row by row (CJ-1e, CJ-A1-9)."""

import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from backend.audit.models import AuditEntry
from backend.auth.models import Person, Post
from backend.auth.people import WrongTier, add_person, appoint
from backend.commands import people_file, table_file
from backend.core import clock
from backend.core.edge import Application
from tests.backend.cast import VILLAGE_A2, Member, place
from tests.backend.conftest import Caller
from tests.backend.test_cli import Shell
from tests.backend.test_cost import read_tables
from tests.backend.test_people_commands import xunge

__all__ = ("xunge",)

HEAD = ("姓名", "用户名", "岗位", "网格编码", "专职", "起", "止")
A1, A2, TOWNSHIP = "652301001001", "652301001002", "652301001"
GULI = 13911110001
"""A telephone number as Excel keeps it."""
Import = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bring(xunge: Shell, tmp_path: Path) -> Import:
    """`bring(*rows)` says what a workbook of these rows would change; with `apply` it does it."""

    def do(*rows: tuple[object, ...], apply: bool = False) -> tuple[int, str, str]:
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in (HEAD, *rows):
            book.active.append(row)
        book.save(tmp_path / "people.xlsx")
        passwords = ("--passwords", str(tmp_path / "passwords.csv")) if apply == "new" else ()
        return xunge("people", "import", str(tmp_path / "people.xlsx"), *(("--apply", *passwords) if apply else ()))

    return do


def posts(app: Application, phone: object) -> list[tuple[str, str, bool, datetime, datetime | None]]:
    with app.database.transaction(write=False) as session:
        found = session.scalars(select(Post).join(Person).where(Person.phone == str(phone)).order_by(Post.grid_code))
        return [(each.role, each.grid_code, each.full_time, each.valid_from, each.valid_to) for each in found]


def size(app: Application) -> tuple[int, ...]:
    with app.database.transaction(write=False) as session:
        return tuple(session.scalar(select(func.count()).select_from(of)) or 0 for of in (Person, Post, AuditEntry))


GULI_TWICE = (
    ("古丽", GULI, "网格监督员", A1, "是", date(2026, 12, 1), "2027/6/30"),
    ("古丽", GULI, "sub_leader", A2, None, None, None),
)


def test_first_said_then_done_then_done_already(bring: Import, app: Application, tmp_path: Path) -> None:
    before = size(app)
    code, out, err = bring(*GULI_TWICE)
    assert (code, err, size(app)) == (0, "", before)
    assert out.splitlines() == [
        f"第 2 行:新建账号并任命:古丽 supervisor {A1} / line 2: adds the person, appoints 古丽 supervisor {A1}",
        f"第 3 行:任命:古丽 sub_leader {A2} / line 3: appoints 古丽 sub_leader {A2}",
        "would change; nothing written yet, see --apply: 1 people added, 2 posts begun, 0 ended",
    ]
    code, _, err = bring(*GULI_TWICE, apply=True)
    assert (code, "--passwords" in err, size(app)) == (2, True, before)
    assert bring(*GULI_TWICE, apply="new")[0] == 0
    december, july = datetime(2026, 11, 30, 16, tzinfo=UTC), datetime(2027, 6, 30, 16, tzinfo=UTC)
    assert posts(app, GULI) == [
        ("supervisor", A1, True, december, july),
        ("sub_leader", A2, False, clock.now(), None),
    ]
    assert (tmp_path / "passwords.csv").stat().st_mode & 0o777 == 0o600
    done = size(app)
    assert done == (before[0] + 1, before[1] + 2, before[2] + 3)
    code, out, _ = bring(*GULI_TWICE, apply=True)
    assert (code, out.count("nothing to change"), size(app)) == (0, 2, done)


def test_what_somebody_else_did_meanwhile_is_not_done_twice(
    bring: Import, app: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the plan and the change lies the making of passwords, which takes minutes."""
    slowly = people_file.digests

    def digests(made: dict[str, str], rounds: int, tell: Callable[[], None]) -> dict[str, str]:
        digested = slowly(made, rounds, tell)
        with app.app_context(), app.database.transaction() as session:
            guli = add_person(session, "古丽", str(GULI))
            appoint(session, guli, "sub_leader", place(VILLAGE_A2))
        return digested

    monkeypatch.setattr(people_file, "digests", digests)
    assert "changed: 0 people added, 1 posts begun, 0 ended" in bring(*GULI_TWICE, apply="new")[1]
    assert [post[1] for post in posts(app, GULI)] == [A1, A2]
    assert not (tmp_path / "passwords.csv").exists()  # which would hold a password that opens nothing


def test_a_post_that_lasts_is_given_its_end(
    bring: Import, app: Application, cast: dict[str, Member], hand: clock.Frozen, call: Callable[[str], Caller]
) -> None:
    row = ("Aygul", cast["Aygul"].phone, "supervisor", A1, 1, None, "2026-11-30")
    told = bring(row, apply=True)[1]
    assert f"ends Aygul supervisor {A1} at 2026-11-30 16:00 UTC" in told
    assert "Aygul has no open work\nchanged: " in told
    with app.database.transaction(write=False) as session:
        ended = session.scalars(select(AuditEntry).where(AuditEntry.action == "post.dismiss")).one()
    assert ended.facts == {"role": "supervisor", "grid": A1}
    assert "nothing to change" in bring(row, apply=True)[1]
    assert [post["role"] for post in call("Aygul").session["posts"]] == ["supervisor"]
    hand.set(datetime(2026, 11, 30, 16, tzinfo=UTC))
    assert call("Aygul").session["posts"] == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (("古丽", GULI, "supervisor", "999"), "line 3: there is no grid 999"),
        (("古丽", GULI, "mayor", A1), "line 3: mayor is no role"),
        (("古丽", GULI, "officer", A1), f"line 3: officer is held at tier 1; {A1} is of tier 4"),
        (("古丽", GULI, "sub_leader", A2), "line 3: says the same post as line 2"),
        (("古丽", GULI, "leader", A1, "", "2027-01-02", "2027-01-01"), "line 3: until is before since"),
        (("古丽", GULI, "leader", A1, "", "last May"), "line 3: since is last May"),
        (("古丽", GULI, "leader", A1, "maybe"), "line 3: full_time is maybe"),
        (("Bolat", GULI, "leader", A1), "belongs to 古丽, not to Bolat"),
        (("古丽", "=13911110000+1", "leader", A1), "line 3: phone is empty"),
    ],
)
def test_one_wrong_row_and_nothing_is_changed(
    bring: Import, app: Application, row: tuple[object, ...], fault: str
) -> None:
    before = size(app)
    code, _, err = bring(GULI_TWICE[1], row, apply="new")
    assert (code, fault in err, "第 3 行" in err) == (2, True, True), err
    assert size(app) == before


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ((None, "2026-05-01", None), "is held since 2026-11-23 01:00 UTC already"),
        (("否", None, None), "full_time is not as here"),
        ((None, None, "2026-11-22"), "until is before since"),
    ],
)
def test_what_has_been_is_not_rewritten(
    bring: Import, app: Application, cast: dict[str, Member], said: tuple[object, ...], fault: str
) -> None:
    full_time, since, until = said
    row = ("Aygul", cast["Aygul"].phone, "supervisor", A1, full_time, since, until)
    code, _, err = bring(row, apply=True)
    assert (code, fault in err) == (2, True), err
    assert [post[4] for post in posts(app, cast["Aygul"].phone)] == [None]


def test_files_that_are_none(xunge: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: Application) -> None:
    file, before = tmp_path / "people.xlsx", size(app)

    def refused(content: bytes | None = None, name: str = "people.xlsx") -> str:
        if content is not None:
            (tmp_path / name).write_bytes(content)
        code, out, err = xunge("people", "import", str(tmp_path / name), "--apply")
        assert (code, out) == (2, "")
        return err

    assert "is no XLSX file" in refused(b"PK no")
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("xl/workbook.xml", "<")
    assert "is no XLSX file" in refused()
    openpyxl.Workbook().save(file)
    assert "is empty" in refused()
    assert "is not UTF-8" in refused("姓名".encode("gbk"), "people.csv")
    assert "holds a NUL" in refused(b"name\0", "people.csv")
    assert "has no column role (岗位), grid (网格编码)" in refused("姓名,手机号\na,1\n".encode(), "people.csv")
    assert "two columns say the phone" in refused(b"name,phone,username,role,grid\na,1,2,leader,9\n", "people.csv")
    monkeypatch.setattr(table_file, "MOST_ROWS", 1)
    many = b"name,phone,role,grid\n" + b"a,1,leader,652300\n" * 2
    assert "more than 1 rows" in refused(many, "people.csv")
    monkeypatch.setattr(table_file, "LARGEST", 40)
    assert "at most 40" in refused(many, "people.csv")
    monkeypatch.setattr(table_file, "LARGEST", 10_000_000)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", bytes(table_file.UNPACKED + 1))
    assert "unpacks to more than" in refused()
    assert size(app) == before


def test_what_is_read_for_a_file_does_not_grow_with_its_rows(bring: Import, app: Application, tmp_path: Path) -> None:
    """On SQLite everybody waits while it is written."""

    def read(first: int, count: int) -> dict[str, int]:
        rows = [(f"P{number}", 13711110000 + number, "supervisor", A1) for number in range(first, first + count)]
        with read_tables(app) as counted:
            assert bring(*rows, apply="new")[0] == 0
        (tmp_path / "passwords.csv").unlink()
        return counted

    assert read(0, 2) == read(2, 20)


def test_a_post_is_given_at_the_tiers_of_its_role_only(xunge: Shell, app: Application, cast: dict[str, Member]) -> None:
    before = size(app)
    words = ("people", "appoint", "--phone", cast["Chen"].phone, "--role", "dispatcher", "--grid", A1)
    code, _, err = xunge(*words)
    assert (code, "not held in grids of this tier" in err, size(app)) == (2, True, before)
    with app.app_context(), pytest.raises(WrongTier) as refused, app.database.transaction() as session:
        appoint(session, session.get_one(Person, cast["Chen"].id), "dispatcher", place(VILLAGE_A2))
    assert refused.value.facts == {"role": "dispatcher", "grid": A2, "tier": 4, "tiers": (2,)}
