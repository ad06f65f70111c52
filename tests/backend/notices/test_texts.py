"""The texts are data, checked at the start, short enough for every robot, and say by when."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app import NOTICES
from backend.core.edge import Application
from backend.notices import texts
from backend.notices.office import OWN
from backend.notices.texts import TextsError

ZONE = ZoneInfo("Asia/Shanghai")
KNOWN = {"alarm.order": frozenset({"place", "due"})}


def loaded(folder: Path, zh: str, en: str = "{place}", more: str = "") -> texts.Texts:
    (folder / "alarm.toml").write_text(f'[order]\nzh = """{zh}"""\nen = """{en}"""\n{more}', encoding="utf-8")
    return texts.load(KNOWN, ZONE, folder)


def test_a_text_says_where_and_until_when_in_local_time(tmp_path: Path) -> None:
    made = loaded(tmp_path, "{place},{due} 前反馈", "{place}, by {due}")
    facts: dict[str, texts.Fact] = {"place": ("红星社区", "Hongxing"), "due": datetime(2026, 11, 23, 2, 0, tzinfo=UTC)}
    assert made.text("alarm.order", "zh", facts) == "红星社区,11月23日 10:00 前反馈"
    assert made.text("alarm.order", "en", facts) == "Hongxing, by 23 Nov 10:00"
    assert made.text("alarm.order", "en", facts | {"due": None}) == "Hongxing, by —"


@pytest.mark.parametrize(
    ("zh", "fault"),
    [
        ("{plaec}", "unknown placeholder {plaec}; known are due, place"),
        ("{place.__class__}", "unknown placeholder"),
        ("{place!r}", "unknown placeholder"),
        ("{place:>9999}", "unknown placeholder"),
        ("{}", "unknown placeholder"),
        ("{place", "expected '}'"),
        ("", "must be a text of 1 to 400 characters"),
        ("长" * 401, "must be a text of 1 to 400 characters"),
    ],
)
def test_a_text_that_cannot_be_filled_in_stops_the_start(tmp_path: Path, zh: str, fault: str) -> None:
    with pytest.raises(TextsError) as refused:
        loaded(tmp_path, zh)
    assert str(refused.value).startswith(f"{tmp_path}/alarm.toml: order: zh: ")
    assert fault in str(refused.value)


def test_a_text_too_many_or_too_few_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(TextsError, match="cry: no notice of this kind is ever sent"):
        loaded(tmp_path, "{place}", more='[cry]\nzh = "x"\nen = "x"')
    with pytest.raises(TextsError, match="order: must have zh and en, nothing else"):
        loaded(tmp_path, "{place}", more='fr = "x"')
    (tmp_path / "alarm.toml").write_text("")
    with pytest.raises(TextsError, match=r"alarm\.order: there is no text"):
        texts.load(KNOWN, ZONE, tmp_path)
    (tmp_path / "alarm.toml").write_text("[order")
    with pytest.raises(TextsError, match=r"alarm\.toml: "):
        texts.load(KNOWN, ZONE, tmp_path)


def test_every_notice_that_leaves_has_its_text(app: Application) -> None:
    made = app.extensions["xunge.notices"].texts
    assert set(made.templates) == {*NOTICES, *OWN}
    for kind, facts in {**NOTICES, **OWN}.items():
        for language in texts.LANGUAGES:
            assert made.text(kind, language, dict.fromkeys(facts))


@given(st.text(max_size=3_000), st.text(max_size=3_000))
def test_every_message_fits_a_robot_and_ends_with_its_number(title: str, text: str) -> None:
    number = UUID(int=0xABCDEF12)
    whole = texts.letter(title, text, number, "zh")
    assert len(whole.encode("utf-8", "replace")) <= texts.LONGEST_MESSAGE_BYTES
    assert whole.endswith("\n编号 abcdef12")


def test_long_facts_are_cut_where_they_stand(tmp_path: Path) -> None:
    made = loaded(tmp_path, "{place}")
    cut = made.text("alarm.order", "zh", {"place": "远" * 300, "due": None})
    assert (len(cut), cut[-1]) == (200, "…")
    assert made.text("alarm.order", "zh", {"place": "{due}", "due": None}) == "{due}"
