"""Factors by their codes (HJ 212-2017 annex B, HJ 524) and by the older names, and in which unit a station means them.

Annex B gives particulates in ng/m3 and gases in mg/m3. Air stations in the field send µg/m3 and CO in mg/m3, as
GB 3095 has them, and some send everything in mg/m3. Nothing in a frame says which: it is asked when a station is added.
"""

import re
from functools import lru_cache

POLLUTANTS = {
    "a34004": "pm25",
    "a34002": "pm10",
    "a21026": "so2",
    "a21004": "no2",
    "a21005": "co",
    "a05024": "o3",
    "pm2.5": "pm25",
    **{name: name for name in ("pm25", "pm10", "so2", "no2", "co", "o3")},
}
"""Lower-case code or older name → the house's name. Every other factor keeps its code."""

PARTICULATES = frozenset({"pm25", "pm10", "a34001", "a34005"})

UNITS = {
    "air": {"particulates": "ug/m3", "gases": "ug/m3", "co": "mg/m3"},
    "standard": {"particulates": "ng/m3", "gases": "mg/m3", "co": "mg/m3"},
    "milligram": {"particulates": "mg/m3", "gases": "mg/m3", "co": "mg/m3"},
}
"""What a station may mean, by the word that its entry keeps."""

OTHERS = {"a01001": "degC", "a01002": "%", "a01006": "kPa", "a01007": "m/s", "a01008": "deg", "la": "dB", "leq": "dB"}
UNKNOWN = "?"

LATELY = 1_024
"""Answers that are kept: a station asks the same all day."""

_GASES = re.compile(r"a2[0-9]{4}|a05[0-9]{3}")


@lru_cache(LATELY)
def pollutant(factor: str) -> str:
    """The house's name of a factor, or its code as a name: `[a-z][a-z0-9_]*`, at most 21 characters."""
    code = factor.lower()
    name = POLLUTANTS.get(code, code.replace(".", "_"))
    return name if name[0].isalpha() else f"x{name}"


@lru_cache(LATELY)
def unit(name: str, units: str) -> str:
    """The unit in which a station whose units are `units`, one of UNITS, sends the pollutant `name`."""
    meant = UNITS[units]
    if name in PARTICULATES:
        return meant["particulates"]
    if name == "co":
        return meant["co"]
    if name in POLLUTANTS.values() or _GASES.fullmatch(name):
        return meant["gases"]
    return OTHERS.get(name, UNKNOWN)
