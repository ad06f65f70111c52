"""docs/sync-proofs.md names guards and tests that exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/sync-proofs.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in row.split(" | ")] for row in re.findall(r"^\| (.*) \|$", PAGE, re.M)[1:]]


def test_every_row_names_tests_that_exist() -> None:
    for suffering, _, test, removed in ROWS:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", f"{test} {removed}")
        assert named, suffering
        for file, function in named:
            tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
            assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, function


def test_every_guard_is_where_the_page_says() -> None:
    for suffering, guard, *_ in ROWS:
        files = re.findall(r"`([\w/]+\.py)`", guard)
        text = "".join((ROOT / file).read_text(encoding="utf-8") for file in files)
        for name in re.findall(r"`(\w+)`", guard):
            assert name in text, (suffering, name)
        assert files or guard.startswith("the same"), suffering


def test_every_guard_was_taken_out_once() -> None:
    assert [removed for *_, removed in ROWS if not removed.startswith(("fails", "`tests/"))] == []
