"""The demonstration's people: posts as the policy demands or with gaps, and sixty who can sign in."""

import json
import stat
import uuid
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.auth.models import Person, Post
from backend.auth.roles import WORKING
from backend.core import clock
from backend.core.edge import Application
from backend.demo.accounts import ACCOUNTS, KEYS
from backend.grids.models import Grid
from backend.grids.staffing import staffing_of
from backend.policy.service import book


def accounts_of(folder: Path) -> list[dict[str, str]]:
    accounts: list[dict[str, str]] = json.loads((folder / ACCOUNTS).read_text(encoding="utf-8"))
    return accounts


def sign_in(app: Application, account: dict[str, str]) -> Any:
    device = {"id": str(uuid.uuid4()), "name": "phone", "platform": "android", "app_version": "1"}
    body = {"phone": account["phone"], "password": account["password"], "device": device}
    return app.test_client().post("/api/v1/auth/login", json=body)


def bearer(app: Application, account: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign_in(app, account).json['access_token']}"}


def test_most_grids_have_everybody_and_some_have_gaps(look: Session) -> None:
    grids = look.scalars(select(Grid).where(Grid.in_duty, Grid.tier > 1)).all()
    staffings = staffing_of(look, grids, book().as_of(clock.now()), clock.now())
    full = sum(not staffing.gaps for staffing in staffings) / len(staffings)
    assert 0.6 < full < 0.8
    for tier in (2, 3, 4):
        assert {bool(each.gaps) for each in staffings if each.grid.tier == tier} == {True, False}


def test_every_county_and_park_can_be_reached(look: Session) -> None:
    dispatchers = Counter(look.scalars(select(Post.grid_code).where(Post.role == "dispatcher")))
    assert set(dispatchers) == set(look.scalars(select(Grid.code).where(Grid.tier == 2)))


def test_heads_of_the_county_lead_its_key_grids(look: Session) -> None:
    leaders = defaultdict(set)
    for post in look.scalars(select(Post).where(Post.role == "leader", Post.valid_to.is_(None))):
        leaders[post.grid_code].add(post.person_id)
    key_grids = look.scalars(select(Grid).where(Grid.kind == "key_grid")).all()
    assert len(key_grids) == 11
    assert all(leaders[grid.code] == leaders[grid.parent or ""] for grid in key_grids)


def test_the_corps_units_have_no_posts_of_the_prefecture(look: Session) -> None:
    outside = set(look.scalars(select(Grid.code).where(~Grid.in_duty)))
    assert len(outside) == 318
    assert not outside & set(look.scalars(select(Post.grid_code)))


def test_some_posts_changed_hands_and_the_former_holders_stay_on_record(look: Session) -> None:
    ended = look.scalars(select(Post).where(Post.valid_to.is_not(None))).all()
    assert 20 < len(ended) < 200
    for post in ended[:5]:
        successor = select(Post).where(Post.grid_code == post.grid_code, Post.valid_from == post.valid_to)
        assert post.role in {each.role for each in look.scalars(successor)}


def test_sixty_accounts_of_every_role_are_written_down_for_their_owner_only(app: Application, look: Session) -> None:
    folder = app.settings.data
    accounts = accounts_of(folder)
    assert all(set(account) == {"role", "name", "phone", "password", "grid"} for account in accounts)
    assert Counter(account["role"] for account in accounts) == {
        "supervisor": 30,
        "reviewer": 10,
        "dispatcher": 12,
        "officer": 4,
        "cartographer": 2,
        "administrator": 2,
    }
    assert [stat.S_IMODE((folder / name).stat().st_mode) for name in (ACCOUNTS, KEYS)] == [0o600, 0o600]
    assert len({account["password"] for account in accounts}) == len(accounts)
    holders = select(Person.phone, Person.name, Post.role, Post.grid_code).join(Post)
    seats = {tuple(row) for row in look.execute(holders.where(Person.phone.is_not(None)))}
    assert seats == {(each["phone"], each["name"], each["role"], each["grid"]) for each in accounts}
    assert look.scalar(select(func.count()).where(Person.password_hash.is_not(None))) == len(accounts)


@pytest.mark.parametrize("role", WORKING)
def test_one_of_each_role_signs_in(app: Application, role: str) -> None:
    account = next(each for each in accounts_of(app.settings.data) if each["role"] == role)
    answer = sign_in(app, account)
    assert answer.status_code == 200, answer.text
    assert [(post["role"], post["grid"]["code"]) for post in answer.json["posts"]] == [(role, account["grid"])]
    assert sign_in(app, account | {"password": "guessed"}).json["code"] == "credentials_wrong"


def test_the_stations_key_opens_the_door_for_readings(app: Application) -> None:
    (key,) = json.loads((app.settings.data / KEYS).read_text(encoding="utf-8"))
    reading = {
        "station": key["stations"][0],
        "at": clock.now().isoformat(),
        "pollutant": "pm25",
        "value": 1,
        "unit": "ug/m3",
    }
    client = app.test_client()
    taken = client.post("/api/v1/readings", json=[reading], headers={"Authorization": f"Bearer {key['key']}"})
    assert (taken.status_code, taken.json["results"][0]["status"]) == (200, "stored")
    assert client.post("/api/v1/readings", json=[reading], headers={"Authorization": "Bearer no"}).status_code == 401
