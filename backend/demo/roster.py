"""Who of the demonstration's people can sign in: sixty seats of every role, chosen so that stories can be told.

Thirteen villages of three counties and a park have two or three supervisors with accounts; the reviewers above them,
a dispatcher of every county and park, and the prefecture's office can sign in too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

PREFECTURE = "652300"

SUPERVISORS = {
    "652301001001": 3,  # 昌吉市宁边路街道西街社区
    "652301001002": 2,
    "652301003003": 2,  # 北京南路街道文化宫社区
    "652301101200": 3,  # 三工镇长丰村
    "652301104203": 2,  # 大西渠镇大西渠村
    "652301402498": 2,  # 高新区
    "652302101204": 3,  # 阜康市城关镇四十户村
    "652302101206": 2,
    "652302100001": 2,  # 甘河子镇
    "652302203200": 2,  # 三工河哈萨克族乡花儿沟村
    "652325101201": 2,  # 奇台县老奇台镇牛王宫村
    "652325108206": 3,  # 西北湾镇头屯村
    "652325108207": 2,
}
"""Village: how many of its supervisors have accounts."""

DISPATCHERS = {
    "652301": 2,
    "652302": 2,
    "652323": 1,
    "652324": 1,
    "652325": 1,
    "652327": 1,
    "652328": 1,
    "652300-P1": 1,
    "652300-P2": 1,
    "652300-P3": 1,
}
"""County or park: how many dispatchers it has, all with accounts: every duty post can be reached."""

OFFICE = {"officer": 4, "cartographer": 2, "administrator": 2}
"""Posts of the prefecture's own office, all with accounts."""

NOBODYS_NUMBERS = "1000000"
"""No mobile number in China begins with 10: whoever calls one of these reaches nobody."""


@dataclass(frozen=True)
class Seat:
    """A post whose holder can sign in."""

    role: str
    grid: str
    phone: str


def roster() -> tuple[Seat, ...]:
    """Every seat, role by role. The phone numbers' last four digits are the role's number and the seat's."""
    roles = ("supervisor", "reviewer", "dispatcher", *OFFICE)
    return tuple(
        Seat(role, grid, f"{NOBODYS_NUMBERS}{kind}{number:03}")
        for kind, role in enumerate(roles, 1)
        for number, grid in enumerate(_grids(role), 1)
    )


def _grids(role: str) -> Iterator[str]:
    """The grid of each seat of a role."""
    if role == "reviewer":
        yield from sorted({village[:9] for village in SUPERVISORS})
        return
    counts = {"supervisor": SUPERVISORS, "dispatcher": DISPATCHERS}.get(role) or {PREFECTURE: OFFICE[role]}
    for grid, count in counts.items():
        yield from [grid] * count
