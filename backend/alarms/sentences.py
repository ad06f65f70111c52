"""The proof of a verdict in words, zh-CN and English. Pure."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from sync.evidence import Interval

CLOCK_ZH = {"onsite": "现场反馈", "disposal": "处置结果"}
CLOCK_EN = {"onsite": "on-site feedback", "disposal": "disposal result"}
VERDICT_ZH = {"met": "按时", "breached": "超时", "undetermined": "无法判定", "excused": "免责", "pending": "待定"}
LEVEL_ZH = {"proved": "由服务器时间证明", "attested": "由手机单调时钟佐证", "claimed": "仅有收到时间"}
LEVEL_EN = {
    "proved": "proved by server times",
    "attested": "attested by the phone's steady clock",
    "claimed": "claimed",
}
DOUBT_ZH = {"no_position": "没有位置", "away_from_station": "位置远离站点且不在网格内", "no_picture": "没有现场照片"}
DOUBT_EN = {
    "no_position": "no position",
    "away_from_station": "away from the station and outside its grid",
    "no_picture": "no picture of the site",
}
DECISION_ZH = {"adjudicated": "经审核裁定为", "excused": "经批准", "withdrawn": "报警已撤销,"}
DECISION_EN = {"adjudicated": "adjudicated", "excused": "by approval", "withdrawn": "the alarm was withdrawn:"}

Sentence = dict[str, str]


def answered(
    clock: str, verdict: str, interval: Interval, due: datetime, doubts: Sequence[str], zone: tzinfo
) -> Sentence:
    """When the answer was made, as far as it is known, and the deadline."""
    deadline = _local(due, zone)
    when_zh, when_en = _when(interval, zone, "至", "不晚于"), _when(interval, zone, "to", "by")
    zh = f"{CLOCK_ZH[clock]}完成于 {when_zh}({LEVEL_ZH[interval.level]}),期限 {deadline}:{VERDICT_ZH[verdict]}"
    en = f"The {CLOCK_EN[clock]} was made {when_en} ({LEVEL_EN[interval.level]}), due {deadline}: {verdict}"
    if doubts:
        zh += f";{'、'.join(DOUBT_ZH[doubt] for doubt in doubts)},需人工审核"
        en += f"; {', '.join(DOUBT_EN[doubt] for doubt in doubts)}, for a person to review"
    return {"zh": f"{zh}。", "en": f"{en}."}


def unanswered(clock: str, due: datetime, zone: tzinfo) -> Sentence:
    """Nothing came by the deadline."""
    deadline = _local(due, zone)
    return {
        "zh": f"期限 {deadline} 已过,尚未收到{CLOCK_ZH[clock]}:超时。",
        "en": f"No {CLOCK_EN[clock]} has arrived, due {deadline}: breached.",
    }


def decided(clock: str, decision: str, verdict: str, reason: str) -> Sentence:
    """An officer's word stands."""
    return {
        "zh": f"{CLOCK_ZH[clock]}:{DECISION_ZH[decision]}{VERDICT_ZH[verdict]}。理由:{reason}",
        "en": f"The {CLOCK_EN[clock]}: {DECISION_EN[decision]} {verdict}. Reason: {reason}",
    }


def _when(interval: Interval, zone: tzinfo, to: str, by: str) -> str:
    if interval.point is not None:
        return f"{_local(interval.point, zone)} ±{(interval.margin_ms or 0) / 1000:g} s"
    latest = _local(interval.not_after, zone)
    if interval.not_before is None:
        return f"{by} {latest}"
    earliest = _local(interval.not_before, zone)
    return earliest if earliest == latest else f"{earliest} {to} {latest}"


def _local(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
