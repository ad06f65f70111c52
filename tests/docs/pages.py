"""A page of docs, taken apart: named blocks of code, tables by their heading."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
BLOCK = re.compile(r"^```\w+ ([\w-]+)\n(.*?)^```$", re.M | re.S)
TABLE = re.compile(r"^\|(.*)\|\n\|[-| ]+\|\n((?:\|.*\|\n)+)", re.M)
CODE = re.compile(r"`([^`]+)`")

Row = list[str]


class Page:
    """One markdown file."""

    def __init__(self, path: Path) -> None:
        self.text = path.read_text(encoding="utf-8")
        self.blocks = dict(BLOCK.findall(self.text))
        """What stands between ```json NAME and ```, by name."""

    def tables(self, *heading: str) -> list[list[Row]]:
        """The rows of every table whose heading begins with these cells."""
        found = [(_cells(head), rows) for head, rows in TABLE.findall(self.text)]
        return [
            [_cells(row.strip("|")) for row in rows.splitlines()]
            for head, rows in found
            if head[: len(heading)] == list(heading)
        ]

    def table(self, *heading: str) -> list[Row]:
        [rows] = self.tables(*heading)
        return rows

    def named(self, *heading: str) -> list[str]:
        """The code in the first cells of all tables with this heading, in order: what such a table is about."""
        return [name for rows in self.tables(*heading) for row in rows for name in CODE.findall(row[0])]


def _cells(row: str) -> Row:
    return [cell.strip() for cell in row.split("|")]
