"""What the ledger refuses."""

from backend.core.errors import Problem as Refusal


class NoPlace(Refusal):
    code = "no_place"
    zh = "上报缺少位置:请打开定位,或在地图上选点。"
    en = "The report has neither a position nor a place chosen on the map."


class UnknownClass(Refusal):
    """Facts: `given`, `known`."""

    code = "unknown_class"
    zh = "不认识的问题类别。"
    en = "This class of problem is not known here."


class WrongState(Refusal):
    """Facts: `action`, `state`, `allowed`: the actions that the state allows."""

    code = "wrong_state"
    status = 409
    zh = "该问题目前的状态不允许此操作。"
    en = "The problem's state does not allow this now."


class OwnWork(Refusal):
    """Who answers for the rectification does not judge it (XX-18)."""

    code = "own_work"
    status = 403
    zh = "整改责任人不能验收自己的整改,请由他人办理。"
    en = "Nobody judges work that they answer for themselves; somebody else must."


class CannotTake(Refusal):
    """Fact: `person_id`."""

    code = "cannot_take"
    zh = "此人在您的辖区内没有可承担整改的岗位。"
    en = "This person holds no post in your part of the tree that could rectify a problem."
