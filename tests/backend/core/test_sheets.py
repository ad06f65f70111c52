"""Tables as files: what a spreadsheet makes of them."""

from io import BytesIO

from openpyxl import load_workbook

from backend.core.sheets import Sheet, as_csv, as_xlsx

TYPED = '=HYPERLINK("http://x")'
SHEET = Sheet(
    "清单 list", ("县市 name", "数 n", "说明 note"), [["昌吉市", 3, TYPED], ["a\x07b", 1.5, None], ["-1", 0, "两行\n"]]
)


def test_csv_opens_as_utf_8_and_holds_no_formula() -> None:
    body = as_csv(SHEET)
    assert body.startswith("\ufeff县市 name,数 n,说明 note\r\n".encode())
    text = body.decode("utf-8-sig")
    assert """昌吉市,3,"'=HYPERLINK(""http://x"")"\r\n""" in text
    assert "'-1,0," in text
    assert as_csv(Sheet("", ("x",), [["\n=1"], ["＝1"], ["＋1"], [-1]])).decode("utf-8-sig").split("\r\n")[1:] == [
        '"\'\n=1"',
        "'＝1",
        "'＋1",
        "-1",
        "",
    ]


def test_a_workbook_keeps_numbers_and_words_apart() -> None:
    book = load_workbook(BytesIO(as_xlsx([SHEET, Sheet("2", ("x",), [])])))
    assert book.sheetnames == ["清单 list", "2"]
    page = book["清单 list"]
    assert [[cell.value for cell in row] for row in page.iter_rows()] == [
        ["县市 name", "数 n", "说明 note"],
        ["昌吉市", 3, TYPED],
        ["ab", 1.5, None],
        ["-1", 0, "两行\n"],
    ]
    assert page["C2"].data_type == "s"
    assert (page.freeze_panes, page["A1"].font.bold, page["A2"].font.bold) == ("A2", True, False)
    assert page.column_dimensions["C"].width == len(TYPED) + 2


def test_a_sheet_is_called_as_far_as_a_workbook_allows() -> None:
    book = load_workbook(
        BytesIO(as_xlsx([Sheet("昌吉/Changji [A*] 2026-11-23", ("x",), []), Sheet("县" * 40, ("x",), [])]))
    )
    assert book.sheetnames == ["昌吉-Changji -A-- 2026-11-23", "县" * 31]
