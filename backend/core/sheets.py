"""Tables for people who work in spreadsheets: CSV that Excel opens as UTF-8, and XLSX.

Words that people typed are words there, never formulas. Rows are written as they come, however many they are.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from itertools import chain, islice
from typing import BinaryIO, Literal

from flask import Response
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.workbook.child import INVALID_TITLE_REGEX
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Form = Literal["csv", "xlsx"]
Cell = str | int | float | None

MEDIA = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula, some in full width too (OWASP, CSV injection)."""
WIDEST = 60
LOOKED_AT = 1000
"""Rows that decide how wide the columns are."""
LONGEST_TITLE = 31
"""Characters that Excel allows; names of counties are what people called them."""
MOST_ROWS = 1_048_575
"""That Excel has room for below the heading."""


@dataclass(frozen=True)
class Sheet:
    """A table with a heading. All rows are as long as `head`."""

    title: str
    head: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def download(name: str, form: Form, sheets: Sequence[Sheet]) -> Response:
    """The answer with the file `name`.`form`; CSV holds the first sheet only."""
    body = as_csv(sheets[0]) if form == "csv" else as_xlsx(sheets)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return Response(body, mimetype=MEDIA[form], headers=headers)


def as_csv(sheet: Sheet) -> bytes:
    body = BytesIO()
    write_csv(body, sheet)
    return body.getvalue()


def write_csv(file: BinaryIO, sheet: Sheet) -> None:
    """UTF-8 with its mark, CRLF."""
    text = TextIOWrapper(file, "utf-8-sig", newline="")
    csv.writer(text).writerows(chain([sheet.head], ([_harmless(cell) for cell in row] for row in sheet.rows)))
    text.detach()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    body = BytesIO()
    write_xlsx(body, sheets)
    return body.getvalue()


def write_xlsx(file: BinaryIO, sheets: Sequence[Sheet]) -> None:
    book = Workbook(write_only=True)
    for sheet in sheets:
        page, rows = book.create_sheet(INVALID_TITLE_REGEX.sub("-", sheet.title)[:LONGEST_TITLE]), iter(sheet.rows)
        first = list(islice(rows, LOOKED_AT))
        page.freeze_panes = "A2"
        for number, width in enumerate(_widths([sheet.head, *first]), 1):
            page.column_dimensions[get_column_letter(number)].width = width
        page.append([_cell(page, word, bold=True) for word in sheet.head])
        for row in chain(first, rows):
            page.append([_cell(page, cell) for cell in row])
    book.save(file)


def _cell(page: WriteOnlyWorksheet, value: Cell, *, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.data_type = "s"  # openpyxl would make a formula of "=…"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _widths(rows: Sequence[Sequence[Cell]]) -> list[int]:
    """Of each column, in characters; Chinese ones are twice as wide."""
    columns = zip(*rows, strict=True)
    return [min(WIDEST, max(len(str(cell).encode("gbk", "replace")) for cell in column) + 2) for column in columns]
