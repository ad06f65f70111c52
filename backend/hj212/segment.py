"""The head of a data segment: who speaks, what about, and whether an answer is wanted (HJ 212-2017, 6.3.2)."""

import re
from dataclasses import dataclass


class Faulty(Exception):
    """Not what the standard asks for. `reason` is the stable word that the quarantine keeps."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Segment:
    """A data segment. `qn` is "" where the station sent none (2005); `part` of `parts` is 1 of 1 for what is whole;
    `resent` is the station's own word that it comes late (2025); `data` is what stands between the `&&`."""

    qn: str
    st: str
    cn: str
    pw: str
    mn: str
    flag: int
    parts: int
    part: int
    resent: bool
    data: str

    @property
    def wants_answer(self) -> bool:
        return bool(self.flag & 1)

    @property
    def version(self) -> int:
        """0 for 2005, 1 for 2017, 2 for 2025."""
        return self.flag >> 2


SPLIT = 2
"""The bit of Flag that says that PNUM and PNO count."""
MOST_PARTS = 99

_ITEMS = {
    "QN": re.compile(r"\d{17}"),
    "ST": re.compile(r"\d{2}"),
    "CN": re.compile(r"\d{4}"),
    "PW": re.compile(r"[!-:<-~]{1,32}"),
    "MN": re.compile(r"[0-9A-Za-z_-]{1,32}"),
    "Flag": re.compile(r"\d{1,3}"),
    "PNUM": re.compile(r"\d{1,4}"),
    "PNO": re.compile(r"\d{1,4}"),
    "RF": re.compile(r"\d"),
}
_NEEDED = ("ST", "CN", "PW", "MN")
_NAMED = re.compile(rb"[#;0-9]MN=([0-9A-Za-z_-]{1,32});")


def read(segment: bytes) -> Segment:
    """Read a data segment whose check sum was right. Raises Faulty with bad_head, no_data_area, bad_part."""
    head, area, data = segment.decode("latin-1").partition("CP=&&")
    if not area or not data.endswith("&&"):
        raise Faulty("no_data_area")
    items = _items(head)
    flag = int(items.get("Flag", "0"))
    parts, part = _parts(items) if flag & SPLIT else (1, 1)
    return Segment(
        qn=items.get("QN", ""),
        st=items["ST"],
        cn=items["CN"],
        pw=items["PW"],
        mn=items["MN"],
        flag=flag,
        parts=parts,
        part=part,
        resent=items.get("RF") == "1",
        data=data.removesuffix("&&"),
    )


def _items(head: str) -> dict[str, str]:
    items: dict[str, str] = {}
    for item in filter(None, head.split(";")):
        name, _, value = item.partition("=")
        pattern = _ITEMS.get(name)
        if pattern is None:  # every version and every province adds some
            continue
        if name in items or not pattern.fullmatch(value):
            raise Faulty("bad_head")
        items[name] = value
    if not items.keys() >= set(_NEEDED):
        raise Faulty("bad_head")
    return items


def _parts(items: dict[str, str]) -> tuple[int, int]:
    """(PNUM, PNO). Stations set the bit without naming parts, which means whole."""
    if "PNUM" not in items and "PNO" not in items:
        return 1, 1
    parts, part = int(items.get("PNUM", "0")), int(items.get("PNO", "0"))
    if not 1 <= part <= parts <= MOST_PARTS or (parts > 1 and "QN" not in items):
        raise Faulty("bad_part")  # without QN nobody can say which parts belong together
    return parts, part


def may_be(name: str, value: str) -> bool:
    """Can the item `name` of a head have this value?"""
    return bool(_ITEMS[name].fullmatch(value))


def named_station(raw: bytes) -> str | None:
    """The MN that these bytes name, whether they are a packet or not; what they claim is not proved by it."""
    found = _NAMED.search(raw)
    return found[1].decode() if found else None
