"""Stations, keys and forms from the command line: what a county needs before its first reading and first visit."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from backend.commands import forms, stations
from backend.core.edge import Application
from tests.backend.conftest import Caller
from tests.backend.test_cli import Shell

Call = Callable[[str], Caller]
STATION = ("--name", "红星微站", "--kind", "micro", "--datum", "WGS84", "--pollutant", "pm25", "--pollutant", "pm10")
IN_A1 = ("--lon", "87.05", "--lat", "44.05")


@pytest.fixture
def xunge(
    app: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Shell:
    """The commands, on the database of the stories."""
    for module in (stations, forms):
        monkeypatch.setattr(module, "opened", lambda **_: app)
    return Shell(monkeypatch, capsys, tmp_path)


def test_a_station_with_a_key_sends_its_first_reading(xunge: Shell, app: Application, call: Call) -> None:
    assert xunge("stations", "add", "--code", "A1-01", *STATION, *IN_A1) == (0, "added A1-01 in 652301001001\n", "")
    code, out, _ = xunge("stations", "key", "红星微站", "A1-01")
    assert code == 0
    reading = {"station": "A1-01", "at": "2026-11-23T08:59:00+08:00", "pollutant": "pm25", "value": 35, "unit": "ug/m3"}
    headers = {"Authorization": f"Bearer {out.strip()}"}
    answer = app.test_client().post("/api/v1/readings", json=[reading], headers=headers)
    assert answer.json == {"results": [{"index": 0, "status": "stored"}]}
    assert [each["code"] for each in call("Chen").get("/stations").json["items"]] == ["A1-01"]
    assert call("Yang").get("/stations").json["items"] == []


def test_what_cannot_be_a_station(xunge: Shell) -> None:
    xunge("stations", "add", "--code", "A1-01", *STATION, *IN_A1)
    code, _, err = xunge("stations", "add", "--code", "A1-01", *STATION, *IN_A1)
    assert (code, "A1-01 already" in err) == (2, True)
    code, _, err = xunge("stations", "add", "--code", "far", *STATION, "--lon", "116.4", "--lat", "39.9")
    assert (code, err) == (2, "xunge: This place lies in no grid.\n")
    assert xunge("stations", "key", "nobody", "unknown")[0] == 2


def test_a_form_is_published_and_published_anew(xunge: Shell, call: Call, tmp_path: Path) -> None:
    field = {"name": "dust", "label": {"zh": "有扬尘吗?", "en": "Is there dust?"}, "type": "yes_no"}
    file = tmp_path / "form.json"
    file.write_bytes(orjson.dumps({"title": "每日巡查", "fields": [field]}))
    code, out, _ = xunge("forms", "publish", str(file))
    assert code == 0
    form_id = out.split()[1].rstrip(",")
    assert xunge("forms", "publish", str(file), "--form", form_id)[1] == f"published {form_id}, edition 2\n"
    assert [form["version"] for form in call("Aygul").get("/forms").json["items"]] == [2]


@pytest.mark.parametrize("content", ["{", "[]", '{"title": "x"}', '{"title": "x", "fields": [{"name": "y"}]}'])
def test_what_is_no_form(xunge: Shell, tmp_path: Path, content: str) -> None:
    (tmp_path / "form.json").write_text(content)
    code, _, err = xunge("forms", "publish", str(tmp_path / "form.json"))
    assert (code, err.startswith("xunge: ")) == (2, True)
