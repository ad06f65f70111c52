"""The wire is described well enough: a phone written from docs/sync.md alone works, and comes through a restore."""

from pathlib import Path

import httpx
import pytest

from backend.core import clock
from backend.core.edge import Application
from backend.core.settings import Settings
from media.draw import draw
from tests.backend.cast import IN_A1, MONDAY, PASSWORD, Member
from tests.backend.test_restored import Disaster
from tests.docs.porter import Porter


def line(app: Application) -> httpx.Client:
    return httpx.Client(base_url="http://xunge.test", transport=httpx.WSGITransport(app))


@pytest.fixture
def disaster(settings: Settings, elsewhere: Settings, tmp_path: Path) -> Disaster:
    return Disaster(settings, elsewhere, tmp_path / "backup.tar")


def test_a_phone_written_from_the_page_alone(
    app: Application, cast: dict[str, Member], hand: clock.Frozen, disaster: Disaster
) -> None:
    picture = draw(1, size=1_500_000, taken_at=MONDAY, lon=87.05, lat=44.05)
    aygul = Porter(line(app), cast["Aygul"].phone, PASSWORD)
    aygul.sign_in()
    aygul.pull()
    disaster.back_up()
    first = aygul.make("problem.report", {"class": "dust", "note": "扬尘 😀 \u2028 \x7f \x1f"}, IN_A1, picture)
    aygul.push()
    aygul.upload()
    hand.move(minutes=20)  # the access token is over
    second = aygul.make("problem.report", {"class": "chimney", "note": "黑烟"}, IN_A1)
    aygul.push()
    aygul.pull()
    assert [photo["state"] for photo in aygul.records("problems")[first]["photos"]] == ["stored"]
    assert aygul.shown[second]["problem"]["code"] == "unknown_class"

    with disaster.restored() as restored:
        aygul.http = line(restored)
        hand.move(minutes=20)
        third = aygul.make("problem.report", {"class": "dust", "note": "又一处"}, IN_A1)
        for step in (aygul.push, aygul.push, aygul.upload, aygul.pull):
            step()
        problems = aygul.records("problems")
        assert problems.keys() == {first, third}
        assert [photo["state"] for photo in problems[first]["photos"]] == ["stored"]
        assert (set(aygul.outbox), set(aygul.shown)) == ({second}, {second})
