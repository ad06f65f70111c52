"""Tables that people fill in, XLSX or CSV: the cells of every row as text, by heads in two languages.

Nothing is worked out: a cell with a formula says what the spreadsheet saved for it, or nothing.
"""

import csv
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from itertools import islice
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook

from backend.commands import csv_file
from backend.commands.csv_file import BadFile

LARGEST = 10_000_000
UNPACKED = 100_000_000
"""Bytes of a file, and of what an XLSX file unpacks to."""
MOST_ROWS = 20_000
LAST_ROW, WIDEST = 1_048_576, 50
"""Excel has no row beyond; a file that names one would be blank rows without end."""

Line = tuple[int, Sequence[str]]
BROKEN = (
    *(BadZipFile, zlib.error, EOFError, RuntimeError, OSError),
    *(SyntaxError, LookupError, ArithmeticError, ValueError, TypeError, AttributeError),
)
"""What a damaged or encrypted zip raises, and openpyxl for what is no workbook; a SyntaxError is XML that is none."""


def rows(file: Path, heads: Mapping[str, Sequence[str]], needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The number of each row that says something, and its cells by column, "" where there is none.

    `heads` has the names that each column may bear. Raises BadFile, also for more than MOST_ROWS or LARGEST bytes.
    """
    if (size := file.stat().st_size) > LARGEST:
        raise BadFile(f"文件过大 / {file} has {size} bytes; at most {LARGEST}")
    table = _xlsx(file) if file.suffix.lower() == ".xlsx" else _csv(file)
    lines = list(islice((line for line in table if any(line[1])), MOST_ROWS + 2))
    if not lines:
        raise BadFile(f"文件是空的 / {file} is empty")
    if len(lines) > MOST_ROWS + 1:
        raise BadFile(f"行数过多 / {file} has more than {MOST_ROWS} rows")
    places = _places(lines[0][1], heads)
    if missing := [name for name in needed if name not in places]:
        wanted = ", ".join(f"{heads[name][0]} ({heads[name][-1]})" for name in missing)
        raise BadFile(f"缺少列 / {file} has no column {wanted}")
    return [(number, {name: _cell(cells, places.get(name)) for name in heads}) for number, cells in lines[1:]]


def _places(head: Sequence[str], heads: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Where each column stands."""
    names = {name: column for column, known in heads.items() for name in known}
    places: dict[str, int] = {}
    for place, said in enumerate(head):
        column = names.get(said.lower())
        if column in places:
            raise BadFile(f"列重复 / two columns say the {column}: {head[places[column]]} and {said}")
        if column:
            places[column] = place
    return places


def _cell(cells: Sequence[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""


def _csv(file: Path) -> Iterator[Line]:
    table = csv.reader(csv_file.text(file).splitlines())
    try:
        for cells in table:
            yield table.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise BadFile(f"line {table.line_num}: {error}") from error


def _xlsx(file: Path) -> Iterator[Line]:
    """The first sheet."""
    try:
        with file.open("rb") as opened:
            # what an entry says of its size is what is read of it at most
            if sum(entry.file_size for entry in ZipFile(opened).infolist()) > UNPACKED:
                raise BadFile(f"文件解压后过大 / {file} unpacks to more than {UNPACKED} bytes")
            page = load_workbook(opened, read_only=True, data_only=True, keep_links=False).worksheets[0]
            page.reset_dimensions()  # some programs write wrong ones
            for number, cells in enumerate(page.iter_rows(max_row=LAST_ROW, max_col=WIDEST, values_only=True), 1):
                yield number, [_text(cell) for cell in cells]
    except BROKEN as error:
        raise BadFile(f"不是有效的 XLSX 文件 / {file} is no XLSX file that can be read: {error}") from error


def _text(cell: object) -> str:
    """As a person reads it: a telephone number without ".0", a day without an hour."""
    if isinstance(cell, datetime) and cell.time() == time():
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()
