"""What the kinds of alarms and matters are called, for people who do not read codes. Pure."""

NAMES = {
    "over_limit": ("超标", "over its limit"),
    "sudden_rise": ("突增", "rising suddenly"),
    "away_from_neighbours": ("离群", "away from its neighbours"),
    "persistently_high": ("持续高值", "persistently high"),
    "negative": ("负值", "negative values"),
    "out_of_range": ("超量程", "values beyond its range"),
    "constant": ("恒值", "values that do not move"),
    "offline": ("离线", "offline"),
    "video": ("视频发现", "seen on a camera"),
}
"""zh-CN and English: what rules find, and what people raise by a kind that has a name."""


def name(kind: str) -> tuple[str, str]:
    """zh-CN and English; people may raise kinds that nobody named, and those stand for themselves."""
    return NAMES.get(kind, (kind, kind))
