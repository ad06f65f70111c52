"""What a file of people changes in the register, row by row: rows against what is there. Nothing here reads or writes.

A post is begun, or one that lasts is given its end; what has been is never rewritten, and who is not in the file is
left alone.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.auth.roles import TIERS, held_at
from backend.commands.people_rows import Row, Said

Key = tuple[str, str, str]
"""Phone, role, grid."""


@dataclass(frozen=True)
class Held:
    """A post that the register has. One that carries on another, from `carried` on, begins where that began."""

    id: uuid.UUID
    begins: datetime
    until: datetime | None
    full_time: bool
    carried: datetime | None = None


@dataclass(frozen=True)
class Known:
    """The part of the register that a file speaks of: names by phone, tiers by grid, posts by when they begin."""

    names: Mapping[str, str]
    tiers: Mapping[str, int | None]
    posts: Mapping[Key, Sequence[Held]]


@dataclass(frozen=True)
class Change:
    """What a row does: `appoints`, or ends the post `ends`, or neither. `adds` the person first, if nobody has the
    phone."""

    row: Row
    adds: bool = False
    appoints: bool = False
    ends: uuid.UUID | None = None

    @property
    def said(self) -> Said:
        row, who = self.row, f"{self.row.name} {self.row.role} {self.row.grid}"
        if self.ends:
            return Said(f"结束岗位:{who},{row.until:%F %R} UTC", f"ends {who} at {row.until:%F %R} UTC")
        if not self.appoints:
            return Said(f"无变化:{who}", f"nothing to change: {who}")
        account = Said("新建账号并", "adds the person, ") if self.adds else Said("", "")
        return Said(f"{account.zh}任命:{who}", f"{account.en}appoints {who}")


def changes(rows: Sequence[Row], known: Known, now: datetime) -> tuple[list[Change], list[str]]:
    """A change for each row without a fault, and the faults of all others."""
    made, faults = list[Change](), list[str]()
    names, taken, added = dict(known.names), defaultdict[Key, list[Row]](list), set(known.names)
    for row in rows:
        wrong = [*_faults(row, known, now), *_clashes(row, names.setdefault(row.phone, row.name), taken[row.key], now)]
        taken[row.key].append(row)
        faults += [fault.of(row.line) for fault in wrong]
        if not wrong:
            made.append(_change(row, _standing(row, known, now), adds=row.phone not in added))
            added.add(row.phone)
    return made, faults


def _change(row: Row, standing: Held | None, *, adds: bool) -> Change:
    if standing is None:
        return Change(row, adds=adds, appoints=True)
    return Change(row, ends=standing.id if row.until and standing.until is None else None)


def _standing(row: Row, known: Known, now: datetime) -> Held | None:
    """The newest post that shares an instant with the row's."""
    span = _begins(row, now), row.until
    meeting = [held for held in known.posts.get(row.key, ()) if _meet(span, (held.begins, held.until))]
    return meeting[-1] if meeting else None


def _begins(row: Row, now: datetime) -> datetime:
    return row.since or now


def _meet(one: tuple[datetime, datetime | None], other: tuple[datetime, datetime | None]) -> bool:
    return (other[1] is None or one[0] < other[1]) and (one[1] is None or other[0] < one[1])


def _faults(row: Row, known: Known, now: datetime) -> Iterator[Said]:
    """What is wrong with a row by itself, and with the post that it names."""
    if row.grid not in known.tiers:
        yield Said(f"没有网格 {row.grid}", f"there is no grid {row.grid}")
    elif not held_at(row.role, tier := known.tiers[row.grid]):
        wanted = ", ".join(map(str, TIERS[row.role]))
        yield Said(
            f"{row.role} 不设在 {row.grid} 这一级", f"{row.role} is held at tier {wanted}; {row.grid} is of tier {tier}"
        )
    if row.until and row.until <= _begins(row, now):
        yield Said("截止日期早于起始日期", "until is before since")
    elif standing := _standing(row, known, now):
        yield from _contradictions(row, standing, now)


def _contradictions(row: Row, standing: Held, now: datetime) -> Iterator[Said]:
    if row.since and row.since != standing.begins:
        since = f"{standing.begins:%F %R} UTC"
        yield Said(f"该岗位自 {since} 起已在任", f"this post is held since {since} already")
    if row.full_time is not None and row.full_time != standing.full_time:
        yield Said("该岗位已在任,是否专职与此不同", "this post is held already, and full_time is not as here")
    if row.until and standing.until and row.until != standing.until:
        until = f"{standing.until:%F %R} UTC"
        yield Said(f"该岗位已定于 {until} 结束", f"this post ends at {until} already")
    earliest = max(now, standing.carried or now)  # boundaries of a day to come may carry it on only then
    if row.until and standing.until is None and row.until <= earliest:
        yield Said(f"在任的岗位须在 {earliest:%F %R} UTC 之后结束", f"this post cannot end before {earliest:%F %R} UTC")


def _clashes(row: Row, name: str, earlier: Sequence[Row], now: datetime) -> Iterator[Said]:
    """What is wrong with a row beside the others."""
    if name != row.name:
        yield Said(f"{row.phone} 是 {name} 的,不是 {row.name} 的", f"{row.phone} belongs to {name}, not to {row.name}")
    for other in earlier:
        if _meet((_begins(row, now), row.until), (_begins(other, now), other.until)):
            yield Said(f"与第 {other.line} 行重复", f"says the same post as line {other.line}")
