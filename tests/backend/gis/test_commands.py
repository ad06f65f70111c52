"""`xunge gis`: a token issued, listed and revoked from the command line."""

from pathlib import Path

import pytest

from backend.commands import gis
from backend.core.edge import Application
from tests.backend.cast import Member
from tests.backend.test_cli import Shell


@pytest.fixture
def xunge(
    app: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Shell:
    monkeypatch.setattr(gis, "opened", lambda **_: app)
    return Shell(monkeypatch, capsys, tmp_path)


def test_a_token_opens_maps_until_it_is_revoked(xunge: Shell, app: Application, cast: dict[str, Member]) -> None:
    code, secret, _ = xunge("gis", "token", "QGIS", "--phone", cast["Ding"].phone, "--days", "30")
    client, headers = app.test_client(), {"Authorization": f"Bearer {secret.strip()}"}
    assert (code, client.get("/ogc/", headers=headers).status_code) == (0, 200)
    token_id, *told = xunge("gis", "tokens")[1].splitlines()[-1].split("\t")
    assert told == ["valid", "2026-12-23", "Ding", "QGIS"]
    assert xunge("gis", "revoke", token_id) == (0, f"revoked {token_id}\n", "")
    assert client.get("/ogc/", headers=headers).json["code"] == "token_invalid"
    assert "\trevoked\t" in xunge("gis", "tokens")[1]


def test_what_is_not_there_is_said(xunge: Shell) -> None:
    code, out, err = xunge("gis", "token", "QGIS", "--phone", "13999999999")
    assert (code, out, "nobody has this phone number" in err) == (2, "", True)
    code, _, err = xunge("gis", "revoke", "019a7b00-0000-7000-8000-0000000000a1")
    assert (code, "no token 019a7b00" in err) == (2, True)
