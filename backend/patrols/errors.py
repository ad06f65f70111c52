"""What patrolling refuses."""

from backend.core.errors import Problem


class AnswersInvalid(Problem):
    """Fact: `errors`, each with `path` and `message`."""

    code = "answers_invalid"
    zh = "表单填写有误,请看 errors 中逐项说明。"
    en = "The form is not filled in as it asks; `errors` names each place."


class FormInvalid(Problem):
    """Fact: `errors`, each with `path` and `message`."""

    code = "form_invalid"
    zh = "表单的设计有误,请看 errors 中逐项说明。"
    en = "The form itself is faulty; `errors` names each place."


class OtherSource(Problem):
    """Facts: `task_id`, `source_id`: the source that the task is about."""

    code = "other_source"
    zh = "该任务不是针对这个污染源的。"
    en = "The task is about another source."


class VisitNeeded(Problem):
    """Fact: `task_id`."""

    code = "visit_needed"
    zh = "巡查任务须提交巡查记录才能完成。"
    en = "A visit is completed by a visit, not by saying so."


class TrackInvalid(Problem):
    """Facts: `path`, `message`."""

    code = "track_invalid"
    zh = "轨迹点的格式有误。"
    en = "A point of the track has the wrong shape."
