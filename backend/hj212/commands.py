"""Which command is what (HJ 212-2017 table 9; 9015 and 9021 are its extensions in the field)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """A kind of upload: its name here, and the fields that hold its value, the first one present counts."""

    name: str
    fields: tuple[str, ...]


UPLOADS = {
    "2011": Series("realtime", ("Rtd",)),
    "2051": Series("minute", ("Avg", "Rtd")),
    "2061": Series("hour", ("Avg", "Rtd")),
    "2031": Series("day", ("Avg", "Rtd")),
}

ASKS_FOR_TIME = "1013"
NOTICES = frozenset({ASKS_FOR_TIME, "9015", "9021"})
"""A wish for the time, a heartbeat, a sign-in: answered, nothing to store."""

ANSWERS = frozenset({"9011", "9012", "9013", "9014"})
"""What a station says to an order of ours."""
