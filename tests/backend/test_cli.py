"""The command line: what works, and what is said in one line with exit 2."""

import socket
import sqlite3
from pathlib import Path

import pytest

from backend import cli
from backend.core.settings import SettingsError
from backend.migrations import versions

KEYS = {"XUNGE_TOKEN_KEYS": "t" * 32, "XUNGE_ANCHOR_KEYS": "a" * 32}


class Shell:
    """Runs `xunge` with an environment of its own."""

    def __init__(self, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: Path) -> None:
        self.patch, self.capsys = patch, capsys
        for name in ("XUNGE_DATABASE_URL", "XUNGE_STORE_URL", "HOST", "PORT", *KEYS):
            patch.delenv(name, raising=False)
        patch.setenv("XUNGE_DATA", str(data))

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        self.patch.setattr("sys.argv", ["xunge", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = self.capsys.readouterr()
        return code, said.out, said.err


NEWEST = max(path.name[:4] for path in Path(versions.__file__).parent.glob("0*.py"))


@pytest.fixture
def xunge(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    return Shell(monkeypatch, capsys, tmp_path / "data")


def test_the_database_is_made_and_made_again_without_harm(xunge: Shell) -> None:
    for _ in range(2):
        code, out, _ = xunge("db", "upgrade")
        assert (code, out.strip()) == (0, f"the database is at revision {NEWEST}")


def test_nothing_serves_without_secrets(xunge: Shell) -> None:
    code, _, err = xunge("serve")
    assert code == 2
    assert [line.split(":")[1].split()[0] for line in err.strip().splitlines()] == [
        "XUNGE_TOKEN_KEYS",
        "XUNGE_ANCHOR_KEYS",
    ]


def test_a_port_in_use(xunge: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for name, value in (KEYS | {"PORT": str(port)}).items():
            monkeypatch.setenv(name, value)
        code, _, err = xunge("serve")
    assert code == 2
    assert err == f"xunge: cannot listen on 127.0.0.1:{port}: Address already in use; set PORT or HOST\n"


def test_a_data_folder_that_is_a_file(xunge: Shell, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    code, _, err = xunge("db", "upgrade")
    assert code == 2
    assert err.count("\n") == 1
    assert str(tmp_path / "data") in err


def test_a_newer_database_than_the_code(xunge: Shell, tmp_path: Path) -> None:
    xunge("db", "upgrade")
    with sqlite3.connect(tmp_path / "data" / "xunge.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    code, _, err = xunge("db", "upgrade")
    assert code == 2
    assert err.count("\n") == 1
    assert "9999" in err


def test_a_database_that_is_behind(xunge: Shell) -> None:
    code, _, err = xunge("grids", "export", "grids.gpkg")
    assert (code, err) == (2, "xunge: the database is not up to date: run `xunge db upgrade` first\n")


def test_a_policy_is_checked(xunge: Shell) -> None:
    assert xunge("policy", "check")[:2] == (0, "changji@1, in force from 2023-05-24: good\n")
    code, _, err = xunge("policy", "check", "atlantis")
    assert code == 2
    assert "no such policy file" in err


def test_backup_and_restore(xunge: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    xunge("db", "upgrade")
    code, out, _ = xunge("db", "backup", str(tmp_path / "b.tar"))
    assert code == 0
    assert "backup written" in out
    assert xunge("db", "restore", str(tmp_path / "b.tar"))[0] == 2
    monkeypatch.setenv("XUNGE_DATA", str(tmp_path / "elsewhere"))
    code, out, _ = xunge("db", "restore", str(tmp_path / "b.tar"))
    assert code == 0
    assert "generation" in out
    code, out, _ = xunge("db", "new-generation")
    assert (code, out.startswith("phones will pull anew and push again what they kept (generation ")) == (0, True)


def test_boundaries_that_are_no_geojson(xunge: Shell, tmp_path: Path) -> None:
    xunge("db", "upgrade")
    (tmp_path / "x.geojson").write_text("{")
    code, _, err = xunge("grids", "check", str(tmp_path / "x.geojson"), "--crs", "WGS84")
    assert code == 2
    assert err.startswith("xunge: ")
    assert xunge("grids", "check", str(tmp_path / "x.geojson"))[0] == 2  # no file is read without its system


def test_settings_faults_are_exceptions_for_callers() -> None:
    assert SettingsError("a", "b").faults == ("a", "b")
