"""What can be wrong with what people want of an alarm."""

from backend.core.errors import Forbidden, Problem


class WrongState(Problem):
    """Facts: `state`, and `possible`, the verbs that it allows."""

    code = "alarm_wrong_state"
    status = 409
    zh = "报警的当前状态不允许此操作。"
    en = "The alarm's state does not allow this."


class NotInCounty(Problem):
    """Facts: `needs_role`, `needs_grid`."""

    code = "not_in_county"
    zh = "派单对象必须是本县(市、园区)在岗的网格监督员。"
    en = "Whom the county sends must hold a supervisor's post in its part of the tree."


class PlaceOutside(Problem):
    """Facts: `lon`, `lat`."""

    code = "place_outside"
    zh = "该位置不在任何县(市、园区)的网格内。"
    en = "This place lies in no county's grid."


class NoPlace(Problem):
    code = "alarm_no_place"
    zh = "报警需要注明站点或位置。"
    en = "An alarm needs a station or a place."


class NotInstructed(Forbidden):
    """Facts: `alarm_id`."""

    zh = "该报警未派给您,不能反馈。"
    en = "This alarm was not given to you."
