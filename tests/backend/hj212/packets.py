"""Packets as stations send them."""

from backend.hj212.answers import packet

MN = "010000A8900016F000169DC0"
DATA = "DataTime=20261123085500;a34004-Rtd=35,a34004-Flag=N;a34002-Rtd=60,a34002-Flag=N"


def segment(data: str = DATA, **other: object) -> str:
    """A data segment with `data`; other items by name, None leaves one out."""
    items = {"QN": "20261123085500000", "ST": "22", "CN": "2011", "PW": "123456", "MN": MN, "Flag": 5} | other
    head = ";".join(f"{name}={value}" for name, value in items.items() if value is not None)
    return f"{head};CP=&&{data}&&"


def sent(data: str = DATA, **other: object) -> bytes:
    """The same as a packet."""
    return packet(segment(data, **other))
