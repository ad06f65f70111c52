"""What the handing over of work refuses."""

from backend.core.errors import Problem


class CannotTakeOver(Problem):
    """Facts: `person_id`, `task_id`, `needs_role`, `needs_grid`."""

    code = "cannot_take_over"
    zh = "接手人在该网格没有可承担巡查任务的岗位,未作任何移交。"
    en = "Who is to take over holds no post that makes this visit. Nothing was handed over."


class ToOneself(Problem):
    code = "to_oneself"
    zh = "不能移交给本人,请另选接手人。"
    en = "Work is handed over to somebody else."
