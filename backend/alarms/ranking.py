"""Whom to send first, and why: pure."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.alarms.position import Whereabouts
from backend.alarms.sentences import Sentence

POSTS = ("own", "beside", "above")
"""Where the supervisor's post lies: in or below the alarm's grid, in one beside it, in the township above."""
POST_ZH = {"own": "本网格", "beside": "相邻网格", "above": "上级网格"}
POST_EN = {"own": "of this grid", "beside": "of the next grid", "above": "of the grid above"}


@dataclass(frozen=True)
class Candidate:
    """A supervisor who could be sent. `distance_m` to the alarm's place, None where nobody knows where they are;
    `reachable`: their phone was heard of lately."""

    person_id: uuid.UUID
    name: str
    post: str
    grid: str
    position: Whereabouts | None
    distance_m: float | None
    open_instructions: int
    tasks_left: int
    seen_at: datetime | None
    reachable: bool


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Whose phone answers, who has no other alarm, whose own grid it is, who is nearest, who has fewest tasks left."""
    return sorted(candidates, key=_rank)


def _rank(one: Candidate) -> tuple[bool, int, int, float, int, str, uuid.UUID]:
    away = float("inf") if one.distance_m is None else one.distance_m
    post = POSTS.index(one.post)
    return not one.reachable, one.open_instructions, post, away, one.tasks_left, one.name, one.person_id


def reason(one: Candidate, now: datetime) -> Sentence:
    """Why somebody stands where they stand, in the order that counts."""
    zh = [
        "手机在线" if one.reachable else "手机近期不在线",
        f"另有 {one.open_instructions} 起报警在办" if one.open_instructions else "无在办报警",
        f"{POST_ZH[one.post]}监督员",
    ]
    en = [
        "phone heard of lately" if one.reachable else "phone not heard of lately",
        f"{one.open_instructions} other alarms in hand" if one.open_instructions else "no other alarm",
        f"supervisor {POST_EN[one.post]}",
    ]
    if one.position is not None and one.distance_m is not None:
        minutes = (now - one.position.at) // timedelta(minutes=1)
        zh.append(f"{minutes} 分钟前距现场 {one.distance_m / 1000:.1f} 公里")
        en.append(f"{one.distance_m / 1000:.1f} km away {minutes} minutes ago")
    else:
        zh.append("位置未知")
        en.append("position unknown")
    zh.append(f"今日剩余任务 {one.tasks_left} 项")
    en.append(f"{one.tasks_left} tasks left today")
    return {"zh": f"{';'.join(zh)}。", "en": f"{'; '.join(en)}."}
