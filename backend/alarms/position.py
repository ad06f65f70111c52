"""Where somebody was: a value."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Whereabouts:
    """A place, WGS 84, and when somebody was there as well as it is known. `accuracy_m` as the phone said."""

    lon: float
    lat: float
    at: datetime
    accuracy_m: float | None
