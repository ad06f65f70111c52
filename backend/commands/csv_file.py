"""CSV files that people fill in: the cells of every line, and what is wrong with them all at once."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import click


class BadFile(click.ClickException):
    """What is wrong with the file, a line each; nothing was taken from it."""


def lines(file: Path, needed: Sequence[str], *optional: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The number of each line of a UTF-8 file, and its cells by column, "" where there is none. Raises BadFile."""
    table = csv.DictReader(text(file).splitlines())
    try:
        if missing := [name for name in needed if name not in (table.fieldnames or ())]:
            raise BadFile(f"{file} has no column {', '.join(missing)}")
        for given in table:  # which leaves out blank lines
            yield table.line_num, {name: (given.get(name) or "").strip() for name in (*needed, *optional)}
    except csv.Error as error:
        raise BadFile(f"line {table.reader.line_num}: {error}") from error


def text(file: Path) -> str:
    """What a UTF-8 file says. Raises BadFile."""
    try:
        said = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile(f"{file} is not UTF-8: save it as CSV UTF-8") from None
    if "\0" in said:  # no database keeps one
        raise BadFile(f"{file} is no text: it holds a NUL")
    return said


def refuse(faults: Sequence[str]) -> None:
    """Raises BadFile where there are faults."""
    if faults:
        raise BadFile("\n".join(faults))
