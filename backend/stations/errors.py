"""Refusals of a batch of readings as a whole."""

from backend.core.errors import Problem


class KeyInvalid(Problem):
    """No key, an unknown one, or one that was revoked."""

    code = "station_key_invalid"
    status = 401
    zh = "站点密钥无效或已停用。"
    en = "This station key is unknown or no longer valid."


class TooManyReadings(Problem):
    """Fact: `limit`."""

    code = "too_many_readings"
    status = 413
    zh = "一次上传的数据条数过多,请分批上传。"
    en = "Too many readings in one batch; send smaller ones."


class StationCodeTaken(Problem):
    """Fact: `station_code`."""

    code = "station_code_taken"
    status = 409
    zh = "已有使用该编码的站点。"
    en = "There is a station with this code already."


class PlaceInNoGrid(Problem):
    """Facts: `lon`, `lat` (WGS 84)."""

    code = "station_place_outside"
    zh = "该位置不在任何网格内。"
    en = "This place lies in no grid."


class WindowOverlaps(Problem):
    """Facts of the window that is there: `window_id`, `starts_at`, `ends_at`."""

    code = "maintenance_overlaps"
    status = 409
    zh = "该站点在这段时间内已有维护安排。"
    en = "This station has maintenance planned in that time already."


class WindowTooLong(Problem):
    """Fact: `longest_days`."""

    code = "maintenance_too_long"
    zh = "维护时间过长;长期停用的站点请停止使用。"
    en = "Maintenance takes too long; take a station that rests for longer out of service."


class RangeTooLong(Problem):
    """Fact: `longest_days`."""

    code = "range_too_long"
    zh = "查询的时间范围过长,请缩短。"
    en = "The range of time is too long; ask for a shorter one."
