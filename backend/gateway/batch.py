"""Frames of many connections in one transaction, and what is to be answered once it is committed.

Whatever a station with the right password sent is either stored or set aside whole, and acknowledged: sent again it
would be the same bytes. What is damaged, or of a stranger, is set aside within bounds and never acknowledged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from backend.core import clock
from backend.gateway import parts, quarantine, rules, service
from backend.gateway.models import NOBODY
from backend.gateway.quarantine import Refused
from backend.hj212 import answers, commands
from backend.hj212.data import read_upload
from backend.hj212.joining import joined
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
    """What became of a piece: `proved` is the MN whose password was right, `answer` the bytes to be sent back.

    `ours`: the fault is not the station's.
    """

    proved: str | None = None
    answer: bytes = b""
    ours: bool = False


LOST = Outcome()
"""No readings were stored, nothing is answered: the station sends it again."""
FAILED = Outcome(ours=True)
"""The same, and it is we who failed."""


def store(session: Session, batch: Sequence[Received]) -> list[Outcome]:
    """Store a batch; one outcome each, in order, good once the transaction is committed."""
    group = _Group(session, batch)
    for index in range(len(batch)):
        group.sort_in(index)
    group.put_together()
    kept = group.set_aside()
    group.take_in()
    return [group.outcome(index, kept) for index in range(len(batch))]


class _Group:
    """A batch while it is sorted out; everything is known by its place in the batch."""

    def __init__(self, session: Session, batch: Sequence[Received]) -> None:
        self._session, self._batch, self._now = session, batch, clock.now()
        self._entries = service.known(session, filter(None, map(_named, batch)))
        self._proved: dict[int, Segment] = {}
        self._refused: dict[int, Refused] = {}
        self._split: dict[int, Segment] = {}
        self._unread_parts: list[Refused] = []
        self._items: list[dict[str, Any]] = []

    def sort_in(self, index: int) -> None:
        """Whose piece is it? What is damaged counts for the station that it names, or else for whose line it was."""
        each = self._batch[index]
        entry = self._entries.get(_named(each) or NOBODY)
        if isinstance(each.said, str):
            self._refuse(index, entry.mn if entry else each.speaker, each.said)
        elif entry is None:
            self._refuse(index, NOBODY, "unknown_station")
        elif not service.is_password(entry, each.said.pw):
            self._refuse(index, entry.mn, "wrong_password")
        else:
            self._proved[index] = each.said
            self._hear(index, each.said)

    def _hear(self, index: int, said: Segment) -> None:
        """What does a station want?"""
        if said.cn in commands.UPLOADS:
            if said.parts == 1:
                self._read(index, said, said.data)
            else:
                self._split[index] = said
        elif said.cn not in commands.NOTICES | commands.ANSWERS:
            self._refuse(index, said.mn, "other_command")

    def _refuse(self, index: int, mn: str, reason: str) -> None:
        each = self._batch[index]
        self._refused[index] = Refused(mn, reason, each.raw, each.peer, proved=index in self._proved)

    def _read(self, index: int, said: Segment, data: str) -> None:
        """Readings of a whole upload."""
        entry, series = self._entries[said.mn], commands.UPLOADS[said.cn]
        try:
            upload = read_upload(data, series.fields, book().zone)
        except Faulty as fault:
            self._refuse(index, said.mn, fault.reason)
            return
        speaks = rules.Speaks(entry.station.code, entry.units, entry.series)
        upload = replace(upload, resent=upload.resent or said.resent)
        self._items += rules.readings(upload, series, speaks, self._now)

    def put_together(self) -> None:
        """Keep the parts that came; read frames that are whole with them, in the place of the part that came last."""
        if not self._split:
            return
        speakers = {said.mn for said in self._split.values()}
        parts.hold(self._session, speakers)
        room = parts.room(self._session, speakers)
        for index, said in list(self._split.items()):
            room[said.mn] -= 1
            if room[said.mn] < 0:
                self._refuse(index, said.mn, "too_many_parts")
                del self._split[index]
        parts.keep(self._session, self._split.values(), self._now)
        last = {(said.mn, said.qn, said.cn): index for index, said in self._split.items()}
        for whole, index in sorted(last.items()):
            found = parts.complete(self._session, whole)
            if found is not None:
                self._read_together(index, self._split[index], found)

    def _read_together(self, index: int, said: Segment, found: list[str]) -> None:
        """Readings of a whole upload in parts; where it is none, the parts that came before are set aside as well."""
        self._read(index, said, joined(found))
        if index in self._refused:
            before = found[: said.part - 1] + found[said.part :]
            reason = self._refused[index].reason
            self._unread_parts += [parts.refused(said.mn, reason, data) for data in before]

    def set_aside(self) -> dict[int, bool]:
        """Which of the refused were kept; the taken are counted."""
        kept = quarantine.set_aside(self._session, [*self._refused.values(), *self._unread_parts], self._now)
        taken = (said.mn for index, said in self._proved.items() if index not in self._refused)
        quarantine.count(self._session, ((mn, quarantine.TAKEN) for mn in taken), self._now)
        return dict(zip(self._refused, kept, strict=False))  # parts that came before have had their answer

    def take_in(self) -> None:
        """Hand the readings in, all at once."""
        stations = {entry.station.code: entry.station for entry in self._entries.values()}
        if self._items:
            source = intake.Source("hj212", stations)
            intake.take_in(self._session, source, self._items, book().as_of(self._now))

    def outcome(self, index: int, kept: dict[int, bool]) -> Outcome:
        said = self._proved.get(index)
        if said is None:
            return LOST
        return Outcome(said.mn, self._answer(said) if kept.get(index, True) else b"")

    def _answer(self, said: Segment) -> bytes:
        if said.cn in commands.ANSWERS:
            return b""
        command = answers.NOTICE_ANSWER if said.cn in commands.NOTICES else answers.DATA_ANSWER
        answer = answers.answer(said, command) if said.wants_answer else b""
        if said.cn == commands.ASKS_FOR_TIME:
            answer += answers.set_time(said, self._now.astimezone(book().zone))
        return answer


def _named(each: Received) -> str | None:
    return each.said.mn if isinstance(each.said, Segment) else named_station(each.raw)
