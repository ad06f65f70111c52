"""What the upper side sends (HJ 212-2017, 6.6.4 and annex C)."""

from datetime import datetime

from backend.hj212.crc import crc
from backend.hj212.segment import Segment

DATA_ANSWER = "9014"
NOTICE_ANSWER = "9013"
SET_TIME = "1012"


def packet(segment: str) -> bytes:
    """A data segment with all that stands around it."""
    body = segment.encode("latin-1")
    return b"##%04d%s%04X\r\n" % (len(body), body, crc(body))


def answer(to: Segment, command: str) -> bytes:
    """The acknowledgement of `to`: its QN, PW and MN, and the version that it speaks."""
    qn = f"QN={to.qn};" if to.qn else ""
    return packet(f"{qn}ST=91;CN={command};PW={to.pw};MN={to.mn};Flag={to.version << 2};CP=&&&&")


def set_time(to: Segment, now: datetime) -> bytes:
    """The order to set its clock to `now`, the station's local time, for a station that asked for it (1013)."""
    asked = next((item for item in to.data.split(";") if item.startswith("PolId=")), "")
    data = ";".join(filter(None, (asked, f"SystemTime={now:%Y%m%d%H%M%S}")))
    qn = f"{now:%Y%m%d%H%M%S}{now.microsecond // 1000:03}"
    flag = (to.version << 2) | 1
    return packet(f"QN={qn};ST={to.st};CN={SET_TIME};PW={to.pw};MN={to.mn};Flag={flag};CP=&&{data}&&")
