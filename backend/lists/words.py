"""What a list for a county says instead of codes: the word of the trade, and beside it the code. Pure."""

from backend.alarms.sentences import VERDICT_ZH
from backend.anomalies import kinds

STATES = {
    "alarm": {
        "raised": "待下达", "ordered": "待派单", "instructed": "已派单", "accepted": "已接单", "on_site": "已到现场",
        "disposed": "已处置", "closed": "已办结", "withdrawn": "已撤销",
    },
    "problem": {
        "reported": "已上报", "registered": "已立案", "returned": "已退回", "assigned": "已交办", "finished": "已整改",
        "accepted": "已验收", "rejected": "验收未通过", "struck_off": "已销号",
    },
}  # fmt: skip
CLASSES = {
    "scattered_firm": "散乱污企业", "coal_boiler": "燃煤锅炉", "dust": "扬尘", "black_water": "黑臭水体",
    "rubbish_heap": "垃圾堆放", "plastic_film": "残膜", "pesticide_packaging": "农药包装物",
    "rubbish_burning": "焚烧垃圾", "straw_burning": "焚烧秸秆", "sewage_dumping": "偷排污水", "livestock": "畜禽污染",
    "noise": "噪声", "other": "其他",
}  # fmt: skip
"""Of problems; policy may name others."""


def kind(what: str, code: str) -> str:
    """Of an alarm or a problem; one that nobody named stands for itself."""
    return _beside(kinds.name(code)[0] if what == "alarm" else CLASSES.get(code, code), code)


def state(what: str, code: str) -> str:
    return _beside(STATES[what][code], code)


def verdict(code: str | None) -> str | None:
    return code and _beside(VERDICT_ZH[code], code)


def _beside(word: str, code: str) -> str:
    return code if word == code else f"{word} {code}"
