"""What stands in the data area of an upload: factors, their values and marks, by time (HJ 212-2017, 6.3.4 and 6.6)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from backend.hj212.segment import Faulty

VALID = frozenset({"N", "1", "3"})
"""Marks of valid data: N; in 2005, for air stations, 3 for normal and 1 for the weather.

The others of 2017: F out of operation, M maintenance, S set by hand, D fault, C calibration, T beyond the range, B no
connection to the instrument."""

_FIELD = re.compile(r"([0-9A-Za-z.]{1,20})-([0-9A-Za-z]{1,20})")
_NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value. `value` is a number or the text that stands in its place; `mark` is the data mark in upper case, "N"
    where the station sent none."""

    factor: str
    at: datetime
    value: float | str
    mark: str

    @property
    def valid(self) -> bool:
        return self.mark in VALID


@dataclass(frozen=True, slots=True)
class Upload:
    """The data area of an upload. `resent` is the station's own word that it comes late (RF=1)."""

    measurements: list[Measurement]
    resent: bool


@dataclass(slots=True)
class _Moment:
    """The fields of each factor at one time."""

    at: datetime
    factors: dict[str, dict[str, str]]


def read_upload(data: str, fields: Sequence[str], zone: tzinfo) -> Upload:
    """Read a data area. The value of a factor is the first of `fields` that it has, say Rtd or Avg; stations speak the
    local time of `zone`.

    Raises Faulty with bad_item, bad_time, no_time, said_twice. A factor without any of `fields` measured nothing.
    """
    resent, moments = False, list[_Moment]()
    for item in re.split("[;,]", data):
        name, equals, value = item.strip().partition("=")
        if not equals:
            if name:
                raise Faulty("bad_item")
        elif name == "DataTime":
            moments.append(_Moment(_time(value, zone), {}))
        elif name == "RF":
            resent = resent or value == "1"
        elif field := _FIELD.fullmatch(name):
            _put(moments, field[1], field[2], value)
    return Upload([each for moment in moments for each in _measurements(moment, fields)], resent)


def _put(moments: list[_Moment], factor: str, field: str, value: str) -> None:
    if not moments:
        raise Faulty("no_time")
    fields = moments[-1].factors.setdefault(factor, {})
    if fields.setdefault(field, value) != value:
        raise Faulty("said_twice")


def _time(said: str, zone: tzinfo) -> datetime:
    try:
        if len(said) == 14 and said.isascii() and said.isdigit():
            return datetime.strptime(said, "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        pass
    raise Faulty("bad_time")


def _measurements(moment: _Moment, wanted: Sequence[str]) -> list[Measurement]:
    found = []
    for factor, fields in moment.factors.items():
        said = next((fields[name] for name in wanted if name in fields), None)
        if said is not None:
            value = float(said) if _NUMBER.fullmatch(said) else said
            found.append(Measurement(factor, moment.at, value, fields.get("Flag", "N").upper()))
    return found
