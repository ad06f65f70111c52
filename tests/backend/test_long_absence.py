"""A month without a signal: the session, the cursor and the outbox outlast it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backend.core import clock
from backend.core.edge import Application
from media.draw import draw
from sync.client_pictures import Picture
from sync.client_session import SignInAgain
from tests.backend.cast import IN_A1, MONDAY, PASSWORD, Member
from tests.backend.conftest import Caller
from tests.backend.phones import phone

DAYS, REPORTS_A_DAY = 30, 4


def test_thirty_days_without_a_signal_lose_nothing(
    app: Application, call: Callable[[str], Caller], cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen
) -> None:
    aygul = phone(app, cast["Aygul"], tmp_path, hand)
    aygul.pull()
    scene = Picture(draw(1, size=20_000, taken_at=MONDAY, lon=87.05, lat=44.05))
    for day in range(DAYS):
        for number in range(REPORTS_A_DAY):
            hand.move(hours=2)
            said = {"class": "dust", "note": f"day {day}, report {number}"}
            aygul.make("problem.report", said, position=IN_A1, pictures=[scene] if day == 0 == number else [])
        hand.move(hours=24 - 2 * REPORTS_A_DAY)

    cursor = aygul.copy.cursor
    done = aygul.sync()
    assert (done.outcomes, done.pictures) == ({"applied": DAYS * REPORTS_A_DAY}, 1)
    assert aygul.outbox.all() == []
    page = call("Aygul").get(f"/sync/pull?cursor={cursor}").json
    assert page["reset"]  # another device's cursor; hers was still good:
    assert done.changes == DAYS * REPORTS_A_DAY

    listed = call("Chen").get("/problems?limit=200").json["items"]
    assert sorted(problem["note"] for problem in listed) == sorted(
        f"day {day}, report {number}" for day in range(DAYS) for number in range(REPORTS_A_DAY)
    )
    # the anchor is a month old, and the hours since it are still counted
    first = min(listed, key=lambda problem: problem["reported_at"])
    assert first["note"] == "day 0, report 0"
    assert first["reported_at"] == "2026-11-23T03:00:00+00:00"
    aygul.close()


def test_after_ninety_days_one_signs_in_again_and_still_loses_nothing(
    app: Application, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen
) -> None:
    aygul = phone(app, cast["Aygul"], tmp_path, hand)
    aygul.pull()
    aygul.make("problem.report", {"class": "dust", "note": "long ago"}, position=IN_A1)
    hand.move(days=91)
    with pytest.raises(SignInAgain) as over:
        aygul.sync()
    assert over.value.code == "refresh_expired"
    aygul.sign_in(cast["Aygul"].phone, PASSWORD)
    assert aygul.sync().outcomes == {"applied": 1}
    aygul.close()
