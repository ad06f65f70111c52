"""Making the demonstration: the same for a seed and a day, once, resumable, and with a new day's tasks on a new day."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import shapely
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import cli
from backend.app import create_app
from backend.auth.models import Person
from backend.auth.roles import WORKING
from backend.core import clock, migrations
from backend.core.edge import Application
from backend.demo import about, accounts
from backend.demo import seed as seeding
from backend.demo.making import Making
from backend.demo.models import DemoStep
from backend.patrols.models import Task
from backend.sources.models import Source
from backend.tables import metadata
from tests.backend.cast import MONDAY
from tests.backend.demo.conftest import make, settings_of
from tests.backend.demo.test_people import accounts_of, sign_in

SECRETS = {"persons": "password_hash", "station_keys": "digest"}
Digests = dict[str, str]


def digests(session: Session) -> Digests:
    """What each table holds, passwords and the feed's stamps apart."""
    return {table.name: _digest(session, table) for table in metadata.sorted_tables if table.name[:5] != "sync_"}


def _digest(session: Session, table: sa.Table) -> str:
    columns = [column for column in table.columns if column.name != SECRETS.get(table.name)]
    rows = sorted(orjson.dumps([_plain(value) for value in row]) for row in session.execute(select(*columns)))
    return hashlib.sha256(b"\n".join(rows)).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, shapely.Geometry):
        return shapely.to_wkb(shapely.normalize(value), hex=True)
    if isinstance(value, bytes):
        return value.hex()
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode() if isinstance(value, dict | list) else value


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory, shared_drawing: None) -> Digests:
    """The same demonstration made elsewhere, on SQLite."""
    folder = tmp_path_factory.mktemp("twin")
    url = f"sqlite:///{folder}/xunge.db"
    make(folder, url)
    app = create_app(settings_of(folder, url))
    with app.database.transaction(write=False) as session:
        found = digests(session)
    app.database.close()
    shutil.rmtree(folder)
    return found


@pytest.mark.only_on("postgresql")  # against a twin on SQLite: both makings are in it
def test_the_same_seed_and_day_make_the_same_everything(look: Session, twin: Digests) -> None:
    mine = digests(look)
    assert {name for name in mine if mine[name] != twin[name]} == set()
    assert len(set(mine.values())) > 20


def test_each_step_says_what_it_made(template: tuple[Path, str, list[str]]) -> None:
    said = template[2]
    for number, step in enumerate(seeding.STEPS, 1):
        assert any(line.startswith(f"[{number}/{len(seeding.STEPS)}] {step.name}: ") for line in said)
    assert said[-1].endswith(f"tasks for {MONDAY.date()}")


def counts(session: Session) -> dict[str, int]:
    tables = [table for table in metadata.sorted_tables if table.name[:5] != "sync_"]
    return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def counted(app: Application) -> dict[str, int]:
    with app.database.transaction(write=False) as session:
        return counts(session)


def test_a_second_start_on_the_same_day_changes_nothing(app: Application, again: Callable[[], list[str]]) -> None:
    with app.database.transaction(write=False) as session:
        before = digests(session)
    assert again() == []
    with app.database.transaction(write=False) as session:
        assert digests(session) == before


def test_a_start_on_the_next_day_adds_its_tasks_only(
    app: Application, hand: clock.Frozen, again: Callable[[], list[str]]
) -> None:
    before = counted(app)
    hand.move(hours=17)  # two in the night, before the policy's morning
    tomorrow = MONDAY.date() + timedelta(days=1)
    assert again() == [f"{before['sources']} tasks for {tomorrow}"]
    assert counted(app) == before | {"tasks": before["tasks"] + before["sources"]}
    with app.database.transaction(write=False) as session:
        days = {(day, state) for day, state in session.execute(select(Task.day, Task.state).distinct())}
        assert {state for day, state in days if day == tomorrow} == {"open"}
        assert {state for day, state in days if day < tomorrow} == {"done", "expired"}


def test_lost_passwords_are_made_again(app: Application, hand: clock.Frozen, again: Callable[[], list[str]]) -> None:
    old = accounts_of(app.settings.data)[0]
    hand.move(minutes=5)
    (app.settings.data / accounts.ACCOUNTS).unlink()
    before = counted(app)
    assert any("accounts" in line for line in again())
    new = accounts_of(app.settings.data)[0]
    assert (new["phone"], new["name"]) == (old["phone"], old["name"])
    assert sign_in(app, old).status_code == 401
    assert sign_in(app, new).status_code == 200
    after = counted(app)
    assert {name for name in after if after[name] != before[name]} == {
        "audit_entries", "devices", "device_users", "refresh_tokens", "sign_in_failures",
        "station_keys", "station_key_stations",
    }  # fmt: skip


def test_ready_only_when_everything_is_there(app: Application) -> None:
    client = app.test_client()
    assert "demonstration" not in client.get("/readyz").json["faults"]
    with app.database.transaction() as session:
        session.delete(session.get_one(DemoStep, "alarms"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["faults"]["demonstration"]) == (503, "being made: alarms")


@pytest.fixture
def bare(database_url: str, tmp_path: Path) -> Iterator[Application]:
    """The application on tables without a row."""
    app = create_app(settings_of(tmp_path, database_url))
    migrations.upgrade(app.database)
    yield app
    app.database.close()


def readiness(app: Application) -> str | None:
    """What /readyz is told of the demonstration."""
    fault: str | None = app.test_client().get("/readyz").json["faults"].get("demonstration")
    return fault


def test_an_interrupted_start_goes_on_where_it_stopped(bare: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def hire(name: str, *, stop: bool) -> Callable[[Making, Session, None], str]:
        def write(making: Making, session: Session, _nothing: None) -> str:
            calls.append(name)
            session.add(Person(name=name, created_at=making.present))
            session.flush()
            if stop and calls.count(name) == 1:
                raise KeyboardInterrupt
            return "one"

        return write

    steps = [
        seeding.Step(name, hire(name, stop=name == "second"), lambda making: making.present)
        for name in ("first", "second", "third")
    ]
    monkeypatch.setattr(seeding, "STEPS", tuple(steps))
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        seeding.seed(bare, said.append)
    with bare.database.transaction(write=False) as session:
        assert list(session.scalars(select(Person.name))) == ["first"]
    assert readiness(bare) == "being made: second, third"
    seeding.seed(bare, said.append)
    assert calls == ["first", "second", "second", "third"]
    with bare.database.transaction(write=False) as session:
        assert sorted(session.scalars(select(Person.name))) == ["first", "second", "third"]
    assert readiness(bare) is None


def test_the_history_is_of_the_day_on_which_it_is_made(bare: Application) -> None:
    january = MONDAY.replace(year=2027, month=1, day=3)
    making = Making(bare, january, print)
    assert making.since.astimezone(bare.settings.zone).isoformat() == "2026-01-01T00:00:00+08:00"
    assert [replace(making, present=january + timedelta(days=days)).since.year for days in (120, 300)] == [2026, 2027]
    assert making.midnight.isoformat() == "2027-01-03T00:00:00+08:00"


def test_the_start_names_the_page_and_one_account_of_each_role(
    app: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.introduce(app.settings)
    said = capsys.readouterr().out
    assert "http://127.0.0.1:8000/" in said
    assert str(app.settings.data / accounts.ACCOUNTS) in said
    for role in WORKING:
        first = next(each for each in accounts_of(app.settings.data) if each["role"] == role)
        assert f"  {role:14} {first['phone']:12} {first['password']:13} {first['name']}\n" in said


def test_what_is_real_is_said_in_two_languages() -> None:
    assert {row.real for row in about.ROWS} == {True, False}
    for row in about.ROWS:
        assert all(zh and en and zh != en for zh, en in (row.subject, row.text))


def test_sources_have_one_task_a_day_each(look: Session) -> None:
    twice = select(Task.source_id).group_by(Task.source_id, Task.day).having(func.count() > 1)
    assert look.scalars(twice).all() == []
    assert look.scalar(select(func.count()).select_from(Source)) == len(
        set(look.scalars(select(Task.source_id).where(Task.day == MONDAY.date())))
    )
