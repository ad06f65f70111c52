"""docs/errors.md lists every code, as the code has it."""

from pathlib import Path

from backend.core.errors import Problem
from backend.web.codes import BY_CODE, codes
from tests.docs.errors import document, load_everything

FILE = Path(__file__).parent.parent.parent / "docs/errors.md"


def test_the_list_is_complete_and_fresh() -> None:
    written, known = FILE.read_text(encoding="utf-8").splitlines(), document().splitlines()
    missing, stale = [row for row in known if row not in written], [row for row in written if row not in known]
    assert (missing, stale) == ([], []), "run: python -m tests.docs.errors > docs/errors.md"


def test_every_code_speaks_both_languages_and_says_what_to_do() -> None:
    load_everything()
    for code in codes():
        assert all(zh and en for zh, en in code.texts), code.code
        assert all(any("一" <= letter <= "鿿" for letter in zh) for zh, _ in code.texts), code.code
        assert all(code.advice), code.code


def test_a_code_has_one_status() -> None:
    load_everything()
    assert [code.code for code in codes() if len(code.statuses) > 1] == []


def test_advice_is_about_codes_that_exist() -> None:
    load_everything()
    assert set(BY_CODE) <= {code.code for code in codes()}


def test_errors_made_by_tests_are_not_listed() -> None:
    class Made(Problem):
        code = "made_by_a_test"
        zh = en = "x"

    assert Made.code not in {code.code for code in codes()}
