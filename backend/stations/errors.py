"""Refusals of a batch of readings as a whole."""

from backend.core.errors import Problem


class KeyInvalid(Problem):
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
