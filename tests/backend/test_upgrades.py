"""Old apps: what they did is always taken in; what they would not understand is not handed out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from backend.auth.errors import UpgradeRequired
from backend.auth.upgrades import refuse_outdated
from backend.core import clock
from backend.core.edge import Application
from backend.core.settings import OldestApp
from sync.client_session import Refused
from tests.backend.cast import IN_A1, MONDAY, Member
from tests.backend.conftest import Caller
from tests.backend.phones import phone

TUESDAY = date(2026, 11, 24)
REPORT = {"class": "rubbish_heap", "note": "by the road"}


@pytest.fixture
def app(app: Application) -> Application:
    app.settings = replace(app.settings, oldest_app=OldestApp((1, 4), TUESDAY))
    return app


def test_an_old_app_pushes_but_does_not_pull_until_it_is_updated(
    app: Application, call: Callable[[str], Caller], cast: dict[str, Member], hand: clock.Frozen, tmp_path: Path
) -> None:
    aygul = phone(app, cast["Aygul"], tmp_path, hand)
    aygul.sync()
    aygul.make("problem.report", REPORT, position=IN_A1)
    hand.move(hours=14)  # Monday 23:00
    aygul.pull()
    hand.move(hours=2)
    with pytest.raises(Refused) as caught:
        aygul.sync()
    problem = caught.value.problem
    assert (caught.value.status, problem["code"]) == (426, "upgrade_required")
    assert (problem["from"], problem["needed"]) == ("2026-11-24", "1.4")
    assert aygul.outbox.all() == []  # what she did has been taken in
    assert [problem["note"] for problem in call("Chen").get("/problems").json["items"]] == ["by the road"]
    aygul.session.device["app_version"] = "1.4.0"  # the app was updated and starts anew
    assert aygul.pull() > 0
    aygul.close()


def test_a_phone_that_is_refused_by_its_version_keeps_its_session(
    app: Application, call: Callable[[str], Caller], hand: clock.Frozen
) -> None:
    aygul, wang = call("Aygul"), call("Wang")
    hand.move(hours=16)
    aygul.sign_in(), wang.sign_in()  # access tokens last 15 minutes
    aygul.token, wang.token = aygul.session["access_token"], wang.session["access_token"]
    assert aygul.get("/sync/pull").status_code == 426
    assert aygul.post("/sync/push", {"operations": []}).status_code == 200
    assert aygul.get("/tasks").status_code == 200
    mine = f"/devices/{aygul.device_id}"
    assert wang("PATCH", mine, json={"app_version": "9.9"}).status_code == 404
    assert aygul.get("/sync/pull").status_code == 426
    assert aygul("PATCH", mine, json={"app_version": "1.10"}).json["app_version"] == "1.10"
    assert aygul.get("/sync/pull").status_code == 200


@pytest.mark.parametrize(
    ("version", "old"),
    [
        ("1.3.9", True),
        ("1", True),
        ("v0.9-beta", True),
        ("1.4", False),
        ("1.4.0.0", False),
        ("1.10", False),
        ("nightly", False),
        (None, False),
    ],
)
def test_versions_are_compared_as_numbers(app: Application, version: str | None, old: bool) -> None:
    settings = replace(app.settings, oldest_app=OldestApp((1, 4), date(2026, 11, 23)))
    if old:
        with pytest.raises(UpgradeRequired):
            refuse_outdated(version, settings, MONDAY)
    else:
        refuse_outdated(version, settings, MONDAY)


def test_versions_are_short_enough_to_be_kept_with_every_operation(call: Callable[[str], Caller]) -> None:
    aygul = call("Aygul")
    mine = f"/devices/{aygul.device_id}"
    refused = aygul("PATCH", mine, json={"app_version": "1" * 65})
    assert (refused.status_code, refused.json["errors"][0]["path"]) == (422, "app_version")
    assert aygul("PATCH", mine, json={"app_version": "1" * 64}).status_code == 200
    assert aygul.post("/sync/push", {"operations": [{"id": "none"}]}).status_code == 200
