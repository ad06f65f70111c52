"""docs/requirements.md knows every requirement and names files that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
KNOWN = (Path(__file__).parent / "requirement_ids.txt").read_text().split()
STATES = ("done", "partly", "not yet")
ROW = re.compile(r"^\| (\S+) \| (.+) \| (\S.*) \| (.*)\|$")
MENTIONED = re.compile(r"\b(?:CJ|MY|ZY|XX|QH)-[A-Z]?\d[A-Za-z0-9-]*")
SOURCES = [path for folder in ("backend", "sync", "geo", "media", "tests") for path in (ROOT / folder).rglob("*.py")]


def rows() -> dict[str, tuple[str, str]]:
    """Each requirement's state and files."""
    found: dict[str, tuple[str, str]] = {}
    for line in (ROOT / "docs/requirements.md").read_text(encoding="utf-8").splitlines():
        if (row := ROW.match(line)) and row[1] not in ("id", "---"):
            assert row[1] not in found, f"{row[1]} stands there twice"
            found[row[1]] = row[3], row[4]
    return found


def test_every_requirement_is_there_once() -> None:
    assert list(rows()) == KNOWN
    assert len(set(KNOWN)) == len(KNOWN)


def test_states_are_backed_by_code_and_tests_that_exist() -> None:
    for name, (state, where) in rows().items():
        files = re.findall(r"`([^`]+)`", where)
        assert state in STATES, name
        assert [file for file in files if not (ROOT / file).is_file()] == [], name
        if state == "not yet":
            assert not files, name
        else:
            assert any(file.startswith("tests/") for file in files), f"{name} names no test"
            assert any(not file.startswith("tests/") for file in files), f"{name} names no code"


def test_code_cites_ids_that_exist() -> None:
    unknown = {
        (str(path.relative_to(ROOT)), name)
        for path in SOURCES
        for name in MENTIONED.findall(path.read_text(encoding="utf-8"))
        if name.rstrip("-") not in KNOWN
    }
    assert not unknown
