"""What can be wrong with what people want of an alarm."""

from backend.core.errors import Forbidden, Problem


class WrongState(Problem):
    """Facts: `state`, and `possible`, the verbs that it allows."""

    code = "alarm_wrong_state"
    status = 409
    zh = "报警的当前状态不允许此操作。"
    en = "The alarm's state does not allow this."


class NotToDecide(Problem):
    """Facts: `clock`, `verdict`."""

    code = "alarm_not_to_decide"
    status = 409
    zh = "该时限尚无可裁定之事,或已由证据确证。"
    en = "There is nothing to decide of this clock yet, or evidence has proved it."


class PartyToIt(Forbidden):
    """Facts: `alarm_id`."""

    code = "alarm_party"
    zh = "您参与了该报警的处置,须由他人裁定。"
    en = "You have a part in this alarm: somebody else has to decide."


class NoExcuseAsked(Problem):
    """Facts: `alarm_id`."""

    code = "alarm_no_excuse_asked"
    status = 409
    zh = "该报警没有待审批的免责申请。"
    en = "No excuse has been asked for this alarm, or it was answered already."


class Reopened(Problem):
    """Facts: `alarm_id`, the alarm that goes on with it."""

    code = "alarm_reopened"
    status = 409
    zh = "该报警已经重新立案。"
    en = "This alarm was reopened already."


class OpenAlready(Problem):
    """Facts: `alarm_id`, the one that is open."""

    code = "alarm_open_already"
    status = 409
    zh = "该站点的同类报警尚未办结,请在该报警中处理。"
    en = "An alarm of this kind is open at this station already; go on with that one."


class NotInCounty(Problem):
    """Facts: `needs_role`, `needs_grid`."""

    code = "not_in_county"
    zh = "派单对象必须是本县(市、园区)在岗的网格监督员。"
    en = "Whom the county sends must hold a supervisor's post in its part of the tree."


class LeadsAlready(Problem):
    """Facts: `person_id`."""

    code = "leads_already"
    status = 409
    zh = "该监督员已是本报警的主办人,请另选协办人。"
    en = "This supervisor leads here already; name another as the second one."


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
