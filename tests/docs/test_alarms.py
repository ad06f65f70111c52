"""docs/alarms.md says what the rules find in a real year, and names every rule."""

import pytest

from backend.anomalies.chart import chart
from backend.anomalies.tally import KINDS, Tally
from tests.docs import alarms, beijing
from tests.docs.pages import ROOT, Page

PAGE = Page(ROOT / "docs/alarms.md")


@pytest.fixture(scope="module")
def tally() -> Tally:
    return beijing.tallied(alarms.policy())


def test_the_table_of_the_real_year_is_what_a_replay_finds(tally: Tally) -> None:
    assert "\n".join(alarms.table(tally)) in PAGE.text


def test_every_mishap_of_the_made_up_neighbours_is_found_and_nothing_else(tally: Tally) -> None:
    found = {
        kind: sorted((str(day), station) for day, station, known in tally.episodes if known == kind)
        for kind in ("negative", "out_of_range", "constant")
    }
    assert found == {
        "negative": [("2014-06-05", "N3")],
        "out_of_range": [("2014-08-08", "N1")],
        "constant": [("2014-03-10", "N2")],
    }
    fires = {("2014-05-12", "N1"), ("2014-07-20", "N1"), ("2014-09-02", "N1")}
    near = {(str(day), station) for day, station, kind in tally.episodes if kind == "away_from_neighbours"}
    assert {each for each in near if each[1] != "Beijing"} == fires


def test_the_pictures_are_as_they_are_drawn_now(tally: Tally) -> None:
    assert (alarms.PICTURES / "alarms-a-day.svg").read_text(encoding="utf-8") == chart(tally, alarms.TITLE)
    assert (alarms.PICTURES / "episode.svg").read_text(encoding="utf-8") == alarms.hysteresis()


def test_every_rule_is_explained_with_its_threshold() -> None:
    assert PAGE.named("规则 rule") == list(KINDS)
    found = alarms.policy().of("micro")
    cells = {row[0].split("`")[1]: row[3] for row in PAGE.table("规则 rule")}
    said = {
        "over_limit": f"L = {found.over_limit.at_least['pm25']:g}",
        "sudden_rise": f"A = {found.sudden_rise.at_least['pm25']:g}, k = {found.sudden_rise.times:g}",
        "away_from_neighbours": f"A = {found.away_from_neighbours.at_least['pm25']:g}, "
        f"k = {found.away_from_neighbours.deviations:g}, s = {found.away_from_neighbours.share:g}",
        "persistently_high": f"A = {found.persistently_high.at_least['pm25']:g}",
        "negative": f"B = −{-found.negative.below['pm25']:g}",
        "out_of_range": f"R = {found.out_of_range.above['pm25']:g}",
    }
    assert {kind: cells[kind] for kind in said} == said
