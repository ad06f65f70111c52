"""Tables for people who work in spreadsheets: CSV that Excel opens as UTF-8, and XLSX.

Words that people typed are words there, never formulas.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Literal

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
LONGEST_TITLE = 31
"""Characters that Excel allows; names of counties are what people called them."""


@dataclass(frozen=True)
class Sheet:
    """A table with a heading. All rows are as long as `head`."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def download(name: str, form: Form, sheets: Sequence[Sheet]) -> Response:
    """The answer with the file `name`.`form`; CSV holds the first sheet only."""
    body = as_csv(sheets[0]) if form == "csv" else as_xlsx(sheets)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return Response(body, mimetype=MEDIA[form], headers=headers)


def as_csv(sheet: Sheet) -> bytes:
    """UTF-8 with its mark, CRLF."""
    text = StringIO(newline="")
    csv.writer(text).writerows([sheet.head, *([_harmless(cell) for cell in row] for row in sheet.rows)])
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(INVALID_TITLE_REGEX.sub("-", sheet.title)[:LONGEST_TITLE])
        page.freeze_panes = "A2"
        for number, width in enumerate(_widths(sheet), 1):
            page.column_dimensions[get_column_letter(number)].width = width
        page.append([_cell(page, word, bold=True) for word in sheet.head])
        for row in sheet.rows:
            page.append([_cell(page, cell) for cell in row])
    body = BytesIO()
    book.save(body)
    return body.getvalue()


def _cell(page: WriteOnlyWorksheet, value: Cell, *, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.data_type = "s"  # openpyxl would make a formula of "=…"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _widths(sheet: Sheet) -> list[int]:
    """Of each column, in characters; Chinese ones are twice as wide."""
    columns = zip(sheet.head, *sheet.rows, strict=True)
    return [min(WIDEST, max(len(str(cell).encode("gbk", "replace")) for cell in column) + 2) for column in columns]
