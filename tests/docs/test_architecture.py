"""What the architecture pages list is what there is."""

import re
from datetime import timedelta
from pathlib import Path

from backend.app import JOBS
from backend.tables import metadata

ROOT = Path(__file__).parent.parent.parent
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
BACKGROUND = (ROOT / "docs/background-work.md").read_text(encoding="utf-8")
UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "day": "days"}


def test_every_job_is_listed_with_its_interval() -> None:
    listed = {
        name: timedelta(**{UNITS[unit]: int(count)})
        for name, count, unit in re.findall(r"^\| `([\w.]+)` \| (\d+) (\w+) \|", BACKGROUND, re.M)
    }
    assert listed == {job.name: job.every for job in JOBS}


def test_every_table_stands_in_a_diagram() -> None:
    words = set(re.findall(r"\w+", ARCHITECTURE))
    assert set(metadata.tables) - words == set()


def test_diagrams_name_tables_that_exist() -> None:
    drawn: set[str] = set()
    for diagram in re.findall(r"erDiagram\n(.*?)```", ARCHITECTURE, re.S):
        for one, other in re.findall(r"^\s+(\w+) [|}o]{2}--[|{o]{2} (\w+)", diagram, re.M):
            drawn |= {one, other}
        drawn |= set(re.findall(r"^\s+(\w+) \{", diagram, re.M))
    assert drawn
    assert drawn - set(metadata.tables) == set()


def test_every_package_has_a_floor() -> None:
    there = {
        path.stem for path in (ROOT / "backend").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    named = set(re.findall(r"`(\w+)`", ARCHITECTURE))
    assert there - named - {"__init__", "tables"} == set()
