"""Readings in CSV files, as instruments and other platforms hand them out: UTF-8 or GB18030, heads in two languages.

A row becomes the item that a station would send, marked as back-filled; what is wrong with it is found where all
readings are read (rules.py). Memory is bounded however long a file or a line is.
"""

import csv
import math
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

ENCODINGS = ("utf-8-sig", "gb18030")
LONGEST_LINE = 100_000
"""Characters."""
HEADS = {
    "station": ("station", "站点", "站点编码", "站点编号"),
    "at": ("at", "time", "时间", "监测时间"),
    "pollutant": ("pollutant", "factor", "污染物", "因子", "监测因子"),
    "value": ("value", "值", "浓度", "监测值"),
    "unit": ("unit", "单位"),
}
"""What each column may be called."""
POLLUTANTS = {
    "pm2.5": "pm25",
    "细颗粒物": "pm25",
    "可吸入颗粒物": "pm10",
    "二氧化硫": "so2",
    "二氧化氮": "no2",
    "一氧化碳": "co",
    "臭氧": "o3",
}
TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M")

Row = tuple[int, dict[str, Any]]
"""The number of a line, and what it says."""


class BadReadingsFile(Exception):
    """Why a file cannot be read, or cannot be read on from some line."""


def encoding_of(path: Path) -> str:
    """One of ENCODINGS. Raises BadReadingsFile."""
    for encoding in ENCODINGS:
        with suppress(UnicodeDecodeError), path.open(encoding=encoding) as text:
            while text.read(1 << 20):
                pass
            return encoding
    raise BadReadingsFile(f"{path.name} is neither UTF-8 nor GB18030: save it as CSV UTF-8")


def batches(file: BinaryIO, encoding: str, zone: ZoneInfo, size: int) -> Iterator[list[Row]]:
    """The rows of an open file, `size` at a time. A time without an offset is one of `zone`. Raises BadReadingsFile."""
    text = TextIOWrapper(file, encoding, newline="")
    reader = csv.reader(_lines(text))
    try:
        places = _places(next(reader, []))
        rows = ((reader.line_num, _item(cells, places, zone)) for cells in reader if cells)
        while some := list(islice(rows, size)):
            yield some
    except csv.Error as error:
        raise BadReadingsFile(f"line {reader.line_num}: {error}") from error
    finally:
        text.detach()  # the file is the caller's to close


def _lines(text: TextIOWrapper) -> Iterator[str]:
    for number, line in enumerate(iter(lambda: text.readline(LONGEST_LINE), ""), 1):
        if len(line) == LONGEST_LINE:
            raise BadReadingsFile(f"line {number} is longer than {LONGEST_LINE} characters")
        yield line


def _places(heads: list[str]) -> dict[str, int]:
    """Where each column stands; columns of other names are left alone."""
    said = [head.strip().lower() for head in heads]
    found = {name: [place for place, head in enumerate(said) if head in names] for name, names in HEADS.items()}
    missing = [f"{name} ({', '.join(HEADS[name])})" for name, places in found.items() if not places]
    if missing:
        raise BadReadingsFile(f"there is no column {'; '.join(missing)}")
    if twice := [name for name, places in found.items() if len(places) > 1]:
        raise BadReadingsFile(f"there are two columns {', '.join(twice)}")
    return {name: places[0] for name, places in found.items()}


def _item(cells: list[str], places: dict[str, int], zone: ZoneInfo) -> dict[str, Any]:
    said = {name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()}
    pollutant = said["pollutant"].lower()
    return {
        "station": said["station"],
        "at": _time(said["at"], zone),
        "pollutant": POLLUTANTS.get(pollutant, pollutant),
        "value": _number(said["value"]),
        "unit": said["unit"],
        "backfilled": True,
    }


def _time(said: str, zone: ZoneInfo) -> str:
    """As stations say it, or, where it is none, as it stands."""
    for form in TIMES:
        with suppress(ValueError):
            return datetime.strptime(said, form).replace(tzinfo=zone).isoformat()
    with suppress(ValueError):
        at = datetime.fromisoformat(said)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).isoformat()
    return said


def _number(said: str) -> float | str:
    """A number, or what stands there: "NaN" is kept as it came, JSON has none, and "1_000" is one in Python only."""
    with suppress(ValueError):
        value = float(said)
        return value if math.isfinite(value) and "_" not in said else said
    return said
