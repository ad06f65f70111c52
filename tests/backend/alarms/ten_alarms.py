"""Reads docs/ten-alarms.md and plays it: what people do is a line of a table, what becomes of it another."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from backend.core import clock
from backend.notices.models import Notice
from tests.backend.alarms.conftest import Hands
from tests.backend.cast import MONDAY

FILE = Path(__file__).parents[3] / "docs" / "ten-alarms.md"
ZONE = ZoneInfo("Asia/Shanghai")
HEADING = re.compile(r"^## (\d+)\. (.*)$")
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$")
RESULT = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$")


@dataclass(frozen=True)
class Line:
    """At an instant, somebody does something."""

    at: datetime
    who: str
    does: str


def local(said: str) -> datetime:
    return datetime.combine(MONDAY.astimezone(ZONE).date(), time.fromisoformat(said), ZONE)


def stories() -> dict[int, list[Line]]:
    """The lines of every alarm, by its number."""
    found: dict[int, list[Line]] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if heading := HEADING.match(line):
            lines = found.setdefault(int(heading[1]), [])
        elif (row := ROW.match(line)) and re.fullmatch(r"\d\d:\d\d", row[1]):
            lines.append(Line(local(row[1]), row[2], row[3]))
    return found


def results() -> dict[int, tuple[str, ...]]:
    """State, on site, disposal, told: what the page says of every alarm."""
    rows = (RESULT.match(line) for line in FILE.read_text(encoding="utf-8").splitlines())
    return {int(row[1]): row.groups()[1:] for row in rows if row}


class Play:
    """One alarm's morning. `alarm` is the latest one that somebody spoke of."""

    def __init__(self, hands: Hands) -> None:
        self._hands, self.alarm = hands, ""

    def run(self, lines: list[Line]) -> None:
        for line in lines:
            self._until(line.at)
            self._do(line)

    def _until(self, at: datetime) -> None:
        """The sweeper looks every minute."""
        while clock.now() < at:
            self._hands.hand.move(minutes=1)
            self._hands.sweep()

    def _do(self, line: Line) -> None:
        for pattern, deed in DEEDS:
            if said := re.fullmatch(pattern, line.does):
                deed(self, line.who, *said.groups())
                return
        raise AssertionError(f"docs/ten-alarms.md: nobody knows how one {line.does}")

    def reads(self, _station: str, value: str) -> None:
        self.alarm = self._hands.raised(float(value))

    def looks(self, who: str) -> None:
        assert self._hands.call(who).get(f"/alarms/{self.alarm}").status_code == 200

    def sends(self, who: str, whom: str) -> None:
        self._hands.instruct(self.alarm, whom, by=who)

    def reports(self, who: str, verb: str, photos: int, made: str | None = None) -> None:
        self._hands.field(who, self.alarm, verb, done=local(made) if made else None, photos=photos)

    def deals_with_it_after(self, who: str, since: str) -> None:
        self._hands.field(who, self.alarm, "disposal", since=local(since))

    def hands_over(self, who: str, whom: str) -> None:
        self.office(who, "hand_over", person_id=str(self._hands.cast[whom].id))

    def looks_back(self, _who: str, days: str | None) -> None:
        if days:
            self._hands.hand.move(days=int(days))
            self._hands.sweep()

    def office(self, who: str, verb: str, **body: Any) -> None:
        answer = self._hands.office(who, self.alarm, verb, **body)
        assert answer.status_code in (200, 201), answer.text
        self.alarm = answer.json["id"]

    def decides(self, who: str, name: str, verdict: str, refused: str | None) -> None:
        body = {"clock": name, "verdict": verdict, "reason": "照片与轨迹可佐证"}
        answer = self._hands.office(who, self.alarm, "adjudicate", **body)
        assert answer.status_code == (403 if refused else 200), answer.text

    def outcome(self) -> tuple[str, ...]:
        record = self._hands.record(self.alarm)
        clocks = [record["clocks"][name] for name in ("onsite", "disposal")]
        verdicts = [one["verdict"] + (" ~" if one["provisional"] else "") for one in clocks]
        return (record["state"], *verdicts, self._told())

    def _told(self) -> str:
        """`kind: name ×times, …; …`, in the order in which the kinds first came."""
        names = {member.id: name for name, member in self._hands.cast.items()}
        with self._hands.app.database.transaction(write=False) as session:
            rows = session.execute(select(Notice.kind, Notice.person_id).order_by(Notice.created_at, Notice.kind)).all()
        kinds = list(dict.fromkeys(kind for kind, _ in rows))
        return "; ".join(f"{kind.removeprefix('alarm.')}: {_people(rows, kind, names)}" for kind in kinds)


def _people(rows: Any, kind: str, names: dict[Any, str]) -> str:
    counted = Counter(names[person] for of, person in rows if of == kind)
    return ", ".join(name if times == 1 else f"{name} ×{times}" for name, times in sorted(counted.items()))


Deed = Callable[..., None]
DEEDS: tuple[tuple[str, Deed], ...] = (
    (r"reads (\d+)", Play.reads),
    (r"looks", Play.looks),
    (r"sends (\w+)", Play.sends),
    (r"accepts", lambda play, who: play.reports(who, "accept", 0)),
    (r"is on site", lambda play, who: play.reports(who, "onsite", 1)),
    (r"is on site, made (\d\d:\d\d)", lambda play, who, made: play.reports(who, "onsite", 1, made)),
    (r"is on site without a picture", lambda play, who: play.reports(who, "onsite", 0)),
    (r"has dealt with it", lambda play, who: play.reports(who, "disposal", 1)),
    (r"has dealt with it, after (\d\d:\d\d)", Play.deals_with_it_after),
    (r"has dealt with it, made (\d\d:\d\d)", lambda play, who, made: play.reports(who, "disposal", 1, made)),
    (r"closes", lambda play, who: play.office(who, "close", summary="取缔露天烧烤一处")),
    (r"withdraws", lambda play, who: play.office(who, "withdraw", reason="仪器故障")),
    (r"reopens", lambda play, who: play.office(who, "reopen", reason="复燃")),
    (r"asks to be excused", lambda play, who: play.office(who, "ask_excuse", ground="sandstorm", reason="沙尘暴")),
    (r"hands over to (\w+)", Play.hands_over),
    (r"refuses to excuse", lambda play, who: play.office(who, "refuse_excuse", reason="当日无沙尘")),
    (r"excuses", lambda play, who: play.office(who, "excuse", ground="sandstorm", reason="属实")),
    (r"decides that (\w+) is (\w+)(, and is refused)?", Play.decides),
    (r"looks back(?: after (\d+) days)?", Play.looks_back),
)
"""How each thing that the page says is done."""
