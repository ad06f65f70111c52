"""Frames of many connections in one transaction, and what is to be answered once it is committed.

Whatever a station with the right password sent is either stored or set aside whole, and acknowledged: sent again it
would be the same bytes. What is damaged, or of a stranger, is set aside within bounds and never acknowledged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.core import clock
from backend.gateway import parts, quarantine, rules, service
from backend.gateway.models import NOBODY, Hj212Station
from backend.gateway.quarantine import Refused
from backend.hj212 import answers, commands
from backend.hj212.data import read_upload
from backend.hj212.segment import Faulty, Segment, named_station
from backend.policy.service import book
from backend.stations import intake


@dataclass(frozen=True, slots=True)
class Received:
    """A piece as it came off a connection: a segment, or the reason why its bytes are none.

    `speaker` is the MN that was last proved on this connection, NOBODY before.
    """

    raw: bytes
    said: Segment | str
    speaker: str
    peer: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a piece: `proved` is the MN whose password was right, `answer` the bytes to be sent back."""

    proved: str | None = None
    answer: bytes = b""


LOST = Outcome()
"""Nothing was stored, nothing is answered: the station sends it again."""


@dataclass(slots=True)
class _Sorted:
    """A batch sorted out. Indices are places in the batch."""

    entries: dict[str, Hj212Station]
    refused: dict[int, Refused] = field(default_factory=dict)
    proved: dict[int, Segment] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)


def store(session: Session, batch: Sequence[Received]) -> list[Outcome]:
    """Store a batch; one outcome each, in order, good once the transaction is committed."""
    now = clock.now()
    sorted_out = _Sorted(service.known(session, filter(None, map(_named, batch))))
    for index, each in enumerate(batch):
        _sort_in(sorted_out, index, each)
    _read_whole(sorted_out, batch, now)
    _put_together(session, sorted_out, batch, now)
    kept = _set_aside(session, sorted_out, now)
    _take_in(session, sorted_out, now)
    return [_outcome(sorted_out, kept, index, now) for index in range(len(batch))]


def _named(each: Received) -> str | None:
    return each.said.mn if isinstance(each.said, Segment) else named_station(each.raw)


def _sort_in(sorted_out: _Sorted, index: int, each: Received) -> None:
    """Whose piece is it? What is damaged counts for the station that it names, or else for whose connection it was."""
    entry = sorted_out.entries.get(_named(each) or NOBODY)
    if isinstance(each.said, str):
        mn = entry.mn if entry else each.speaker
        sorted_out.refused[index] = Refused(mn, each.said, each.raw, each.peer)
    elif entry is None:
        sorted_out.refused[index] = Refused(NOBODY, "unknown_station", each.raw, each.peer)
    elif not service.is_password(entry, each.said.pw):
        sorted_out.refused[index] = Refused(entry.mn, "wrong_password", each.raw, each.peer)
    else:
        sorted_out.proved[index] = each.said


def _read_whole(sorted_out: _Sorted, batch: Sequence[Received], now: datetime) -> None:
    """Readings of uploads that came in one piece; commands that we do not know are set aside."""
    for index, said in sorted_out.proved.items():
        if said.cn in commands.UPLOADS:
            if said.parts == 1:
                _read(sorted_out, index, batch[index], said.data, now)
        elif said.cn not in commands.NOTICES | commands.ANSWERS:
            _refuse(sorted_out, index, batch[index], "other_command")


def _read(sorted_out: _Sorted, index: int, each: Received, data: str, now: datetime) -> None:
    said = sorted_out.proved[index]
    entry, series = sorted_out.entries[said.mn], commands.UPLOADS[said.cn]
    try:
        upload = read_upload(data, series.fields, book().zone)
    except Faulty as fault:
        _refuse(sorted_out, index, each, fault.reason)
        return
    sorted_out.items += rules.readings(upload, series, entry.series, entry.units, entry.station.code, now)


def _refuse(sorted_out: _Sorted, index: int, each: Received, reason: str) -> None:
    mn = sorted_out.proved[index].mn
    sorted_out.refused[index] = Refused(mn, reason, each.raw, each.peer, proved=True)


def _put_together(session: Session, sorted_out: _Sorted, batch: Sequence[Received], now: datetime) -> None:
    """Keep the parts that came; read the frames that are whole with them, in the place of the part that came last."""
    split = {index: said for index, said in sorted_out.proved.items() if said.parts > 1 and said.cn in commands.UPLOADS}
    if not split:
        return
    room = parts.waiting(session, (said.mn for said in split.values()))
    for index, said in list(split.items()):
        room[said.mn] = room.get(said.mn, 0) + 1
        if room[said.mn] > parts.MOST_WAITING:
            _refuse(sorted_out, index, batch[index], "too_many_parts")
            del split[index]
    parts.keep(session, split.values())
    last = {(said.mn, said.qn, said.cn): index for index, said in split.items()}
    for whole, index in sorted(last.items()):
        data = parts.complete(session, whole)
        if data is not None:
            _read(sorted_out, index, batch[index], data, now)


def _set_aside(session: Session, sorted_out: _Sorted, now: datetime) -> dict[int, bool]:
    """Which of the refused were kept; the taken are counted."""
    kept = quarantine.set_aside(session, list(sorted_out.refused.values()), now)
    taken = (said.mn for index, said in sorted_out.proved.items() if index not in sorted_out.refused)
    quarantine.count(session, ((mn, quarantine.TAKEN) for mn in taken), now)
    return dict(zip(sorted_out.refused, kept, strict=True))


def _take_in(session: Session, sorted_out: _Sorted, now: datetime) -> None:
    stations = {entry.station.code: entry.station for entry in sorted_out.entries.values()}
    if sorted_out.items:
        intake.take_in(session, intake.Source("hj212", stations), sorted_out.items, book().as_of(now))


def _outcome(sorted_out: _Sorted, kept: dict[int, bool], index: int, now: datetime) -> Outcome:
    said = sorted_out.proved.get(index)
    if said is None:
        return LOST
    if not kept.get(index, True):
        return Outcome(said.mn)
    return Outcome(said.mn, _answer(said, now))


def _answer(said: Segment, now: datetime) -> bytes:
    if said.cn in commands.ANSWERS:
        return b""
    command = answers.NOTICE_ANSWER if said.cn in commands.NOTICES else answers.DATA_ANSWER
    answer = answers.answer(said, command) if said.wants_answer else b""
    if said.cn == commands.ASKS_FOR_TIME:
        answer += answers.set_time(said, now.astimezone(book().zone))
    return answer
