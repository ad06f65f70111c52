"""The table of roles says what the code asks, no more and no less."""

import re
from pathlib import Path

from backend.auth import roles

BACKEND = Path(roles.__file__).parent.parent


def asked() -> set[str]:
    """Every action that some line of the application names."""
    files = [file for file in BACKEND.rglob("*.py") if file.name != "roles.py"]
    return {action for file in files for action in re.findall(r'"([a-z]+\.[a-z_]+)"', file.read_text("utf-8"))}


def test_every_line_of_the_table_is_asked_for_somewhere() -> None:
    assert sorted(roles.ALLOWED.keys() - asked()) == []


def test_every_word_of_the_table_is_known() -> None:
    for action in roles.ALLOWED:
        for role in roles.WORKING:
            assert roles.reach(action, role) in roles.REACHES
    assert roles.reach("alarms.order", "officer") == "grid"
    assert roles.reach("alarms.order", "leader") == "-"
    assert roles.roles_for("alarms.instruct") == ["dispatcher"]
