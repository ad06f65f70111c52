"""People kept from the command line: many at once, another post, the end of one."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from backend.audit.models import AuditEntry
from backend.auth.models import Person, Post
from backend.commands import people
from backend.core.edge import Application
from tests.backend.cast import PASSWORD, Member
from tests.backend.conftest import Caller
from tests.backend.test_cli import Shell

HEAD = "name,phone,role,grid,full_time\n"
TWO_POSTS = "古丽,13911110001,supervisor,652301001001,1\n古丽,13911110001,sub_leader,652301001002,\n"
AYGUL_TOO = "Aygul,{phone},sub_leader,652301001001,否\n"


@pytest.fixture
def xunge(
    app: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Shell:
    """The commands, on the database of the stories."""
    monkeypatch.setattr(people, "opened", lambda **_: app)
    return Shell(monkeypatch, capsys, tmp_path)


@pytest.fixture
def bring(xunge: Shell, tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """`bring(text)` imports a file with this text, its passwords to `passwords-<n>.csv`."""
    brought: list[str] = []

    def do(text: str) -> tuple[int, str, str]:
        brought.append(text)
        (tmp_path / "people.csv").write_text(text, "utf-8-sig")
        passwords = tmp_path / f"passwords-{len(brought)}.csv"
        return xunge("people", "import", str(tmp_path / "people.csv"), "--apply", "--passwords", str(passwords))

    return do


def posts(app: Application, phone: str) -> list[tuple[str, str, bool, bool]]:
    """Role, grid, full-time, still in force."""
    with app.database.transaction(write=False) as session:
        found = session.scalars(select(Post).join(Person).where(Person.phone == phone))
        return sorted((post.role, post.grid_code, post.full_time, post.valid_to is None) for post in found)


def test_people_and_posts_from_a_file(
    bring: Callable[..., tuple[int, str, str]], app: Application, cast: dict[str, Member], tmp_path: Path
) -> None:
    text = HEAD + TWO_POSTS + AYGUL_TOO.format(phone=cast["Aygul"].phone)
    code, out, err = bring(text)
    assert (code, err) == (0, "")
    assert "changed: 1 people added, 3 posts begun, 0 ended" in out
    assert posts(app, "13911110001") == [
        ("sub_leader", "652301001002", False, True),
        ("supervisor", "652301001001", True, True),
    ]
    written = tmp_path / "passwords-1.csv"
    assert written.stat().st_mode & 0o777 == 0o600
    [head, (name, phone, password)] = csv.reader(written.read_text("utf-8-sig").splitlines())
    assert (head, name, phone) == (["name", "phone", "password"], "古丽", "13911110001")
    device = {"id": "0199a000-0000-7000-8000-000000000001", "name": "x", "platform": "x", "app_version": "1"}
    login = {"phone": phone, "password": password, "device": device}
    assert app.test_client().post("/api/v1/auth/login", json=login).status_code == 200
    assert "changed: 0 people added, 0 posts begun, 0 ended" in bring(text)[1]
    assert len(posts(app, "13911110001")) == 2


def test_a_file_with_faults_brings_nobody(
    bring: Callable[..., tuple[int, str, str]], app: Application, cast: dict[str, Member], tmp_path: Path
) -> None:
    code, _, err = bring(HEAD + TWO_POSTS + ",13911110002,mayor,652301001001,perhaps\n")
    assert code == 2
    for fault in ("line 4: name is empty", "line 4: mayor is no role", "line 4: full_time is perhaps"):
        assert fault in err
    code, _, err = bring(HEAD + TWO_POSTS + f"Bolat,{cast['Aygul'].phone},reviewer,999,1\n")
    assert code == 2
    assert "line 4: there is no grid 999" in err
    assert "belongs to Aygul, not to Bolat" in err
    assert bring("name,phone\n")[0] == 2
    assert posts(app, "13911110001") == []
    assert not list(tmp_path.glob("passwords-*.csv"))


def test_passwords_are_never_written_over_others(
    bring: Callable[..., tuple[int, str, str]], app: Application, tmp_path: Path
) -> None:
    (tmp_path / "passwords-1.csv").write_text("those of last week")
    code, _, err = bring(HEAD + TWO_POSTS)
    assert (code, "is there already" in err) == (2, True)
    assert (tmp_path / "passwords-1.csv").read_text() == "those of last week"
    assert posts(app, "13911110001") == []


def test_a_post_is_given_and_ended_and_stays_as_history(
    xunge: Shell, app: Application, call: Callable[[str], Caller], cast: dict[str, Member]
) -> None:
    phone = cast["Wang"].phone
    there = ("--phone", phone, "--role", "reviewer", "--grid", "652301001")
    assert xunge("people", "appoint", *there)[0] == 0
    assert xunge("people", "appoint", *there)[0] == 2
    assert {post["role"] for post in call("Wang").session["posts"]} == {"supervisor", "reviewer"}
    assert call("Wang").get("/problems").status_code == 200
    assert xunge("people", "dismiss", *there)[0] == 0
    code, _, err = xunge("people", "dismiss", *there)
    assert (code, "Wang is not reviewer of 652301001" in err) == (2, True)
    assert posts(app, phone)[0] == ("reviewer", "652301001", False, False)
    with app.database.transaction(write=False) as session:
        ended = session.scalars(select(AuditEntry).where(AuditEntry.action == "post.dismiss")).one()
    assert (ended.subject_kind, ended.facts) == ("post", {"role": "reviewer", "grid": "652301001"})
    assert xunge("people", "dismiss", "--phone", "0", "--role", "reviewer", "--grid", "652301001")[0] == 2


def test_a_new_password_ends_every_session_of_that_person(
    xunge: Shell, app: Application, call: Callable[[str], Caller], cast: dict[str, Member]
) -> None:
    aygul, bahar = call("Aygul").session, call("Bahar").session
    assert xunge("people", "password", "--phone", cast["Aygul"].phone, "--password", "another horse")[0] == 0

    def post(path: str, body: dict[str, Any]) -> tuple[int, str | None]:
        answer = app.test_client().post(f"/api/v1/auth/{path}", json=body)
        return answer.status_code, answer.json.get("code")

    assert post("refresh", {"refresh_token": aygul["refresh_token"]}) == (401, "refresh_expired")
    assert post("refresh", {"refresh_token": bahar["refresh_token"]}) == (200, None)
    device = {"id": aygul["device"]["id"], "name": "x", "platform": "x", "app_version": "1"}
    login = {"phone": cast["Aygul"].phone, "device": device}
    assert post("login", login | {"password": PASSWORD}) == (401, "credentials_wrong")
    assert post("login", login | {"password": "another horse"}) == (200, None)
    assert xunge("people", "password", "--phone", "0", "--password", "x")[0] == 2
