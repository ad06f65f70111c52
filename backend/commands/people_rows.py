"""The rows of a file of people and posts: XLSX or CSV, with Chinese or English heads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import marshmallow as ma

from backend.auth.roles import ROLES
from backend.commands import csv_file, table_file
from backend.core.instants import within_reason

HEADS = {
    "name": ("name", "姓名"),
    "phone": ("phone", "username", "用户名", "账号", "手机", "手机号"),
    "role": ("role", "角色", "岗位"),
    "grid": ("grid", "grid code", "grid_code", "网格", "网格代码", "网格编码"),
    "full_time": ("full_time", "full-time", "专职"),
    "since": ("since", "起", "起始日期", "任职日期"),
    "until": ("until", "止", "截止日期", "离任日期"),
}
NEEDED = ("name", "phone", "role", "grid")
ROLES_ZH = {"网格长": "leader", "双网格长": "leader", "分网格长": "sub_leader", "网格监督员": "supervisor"}
YES = frozenset({"1", "yes", "true", "是"})
NO = frozenset({"0", "no", "false", "否"})


@dataclass(frozen=True)
class Said:
    """A sentence in both languages."""

    zh: str
    en: str

    def of(self, line: int) -> str:
        return f"第 {line} 行:{self.zh} / line {line}: {self.en}"


@dataclass(frozen=True)
class Row:
    """One post of one person, from `since` (now, if the file does not say) until `until` (for good).

    `line` is its number in the file. What is None is not said.
    """

    line: int
    name: str
    phone: str
    role: str
    grid: str
    full_time: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.phone, self.role, self.grid


def read(file: Path, zone: tzinfo) -> list[Row]:
    """Every row; days are days of `zone`, and `until` is the last of them. Raises BadFile with every fault at once."""
    rows, faults = list[Row](), list[str]()
    for line, cells in table_file.rows(file, HEADS, NEEDED):
        cells["role"] = ROLES_ZH.get(cells["role"], cells["role"])
        wrong = [fault.of(line) for fault in _faults(cells, zone)]
        faults += wrong
        if not wrong:
            rows.append(_row(line, cells, zone))
    csv_file.refuse(faults)
    return rows


def _faults(cells: dict[str, str], zone: tzinfo) -> Iterator[Said]:
    yield from (Said(f"{HEADS[name][-1]}为空", f"{name} is empty") for name in NEEDED if not cells[name])
    if (role := cells["role"]) and role not in ROLES:
        known = ", ".join(ROLES)
        yield Said(f"没有角色 {role}", f"{role} is no role; roles are {known}")
    if (said := cells["full_time"].lower()) not in YES | NO | {""}:
        yield Said(f"专职应填 1 或 0,不是 {said}", f"full_time is {said}; say 1 or 0")
    for name in ("since", "until"):
        try:
            _day(cells[name], zone)
        except (ValueError, OverflowError, ma.ValidationError):
            yield Said(f"日期应写作 2026-11-23,不是 {cells[name]}", f"{name} is {cells[name]}; say it as 2026-11-23")


def _row(line: int, cells: dict[str, str], zone: tzinfo) -> Row:
    full_time = cells["full_time"].lower()
    return Row(
        line,
        cells["name"],
        cells["phone"],
        cells["role"],
        cells["grid"],
        full_time=full_time in YES if full_time else None,
        since=_day(cells["since"], zone),
        until=_day(cells["until"], zone, after=1),
    )


def _day(said: str, zone: tzinfo, after: int = 0) -> datetime | None:
    """When a day begins, or the one `after` days later. Spreadsheets also write it 2026/1/5."""
    if not said:
        return None
    day = datetime.strptime(said.replace("/", "-"), "%Y-%m-%d").replace(tzinfo=zone)  # a day of that zone
    return within_reason(day + timedelta(days=after)).astimezone(UTC)
