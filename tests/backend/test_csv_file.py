"""CSV files that people fill in: a fault is named by the line on which the editor shows it."""

from pathlib import Path

import pytest

from backend.commands.csv_file import BadFile, lines


def read(folder: Path, text: str) -> list[tuple[int, dict[str, str]]]:
    (folder / "file.csv").write_text(text, "utf-8-sig")
    return list(lines(folder / "file.csv", ("name",), "note"))


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    assert read(tmp_path, "other,name\n\n,Ding \n\n\n,Xu\n") == [
        (3, {"name": "Ding", "note": ""}),
        (6, {"name": "Xu", "note": ""}),
    ]


def test_a_cell_without_end_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="line 3: field larger than field limit"):
        read(tmp_path, "name\nDing\n" + "x" * 200_000 + "\n")
