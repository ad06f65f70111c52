"""Pollution sources with invented names, somewhere inside their villages (CJ-A1-3, CJ-A1-16)."""

import random
from typing import Any

from sqlalchemy.orm import Session

from backend.demo import tree
from backend.demo.chance import dice, point_in
from backend.demo.crew import Crew
from backend.demo.making import Making
from backend.demo.roster import PREFECTURE, SUPERVISORS
from backend.sources import service

ELSEWHERE = 180
"""Villages besides those of the roster that have sources."""
AT_HOME, AWAY = (4, 8), (2, 4)
"""How many sources a village of the roster has, and another one."""
KEY = 0.12
"""Share of sources on the year's list of key sources."""

WORDS = (
    "丰收", "天山", "绿洲", "金穗", "博格达", "北庭", "丝路", "红柳", "胡杨", "雪莲", "庭州", "汇嘉",
    "宏达", "顺通", "鑫源", "众合", "惠民", "兴农", "万家", "恒信", "疆北", "阳光", "西域", "银河",
)  # fmt: skip
KINDS = {
    "industry": ("塑料制品厂", "砖瓦厂", "洗煤厂", "番茄制品厂", "铸造车间", "油脂厂", "轧花厂", "铝材加工厂"),
    "catering": ("抓饭馆", "烧烤店", "牛肉面馆", "农家乐", "大盘鸡饭店"),
    "car_repair": ("汽车修理厂", "钣金喷漆店", "农机维修部"),
    "construction": ("住宅小区工地", "道路改造工地", "高标准农田工地", "供热管网工地"),
    "material_yard": ("砂石料场", "煤炭堆场", "预拌砂浆站", "废品收购站"),
    "livestock": ("养羊合作社", "奶牛养殖场", "生猪养殖场", "肉鸡养殖场"),
    "boiler": ("燃煤锅炉房", "供热站"),
}
IN_TOWN = {"catering": 34, "car_repair": 22, "construction": 22, "boiler": 8, "industry": 8, "material_yard": 6}
IN_COUNTRY = {"livestock": 32, "material_yard": 22, "industry": 20, "boiler": 8, "construction": 8, "catering": 6,
              "car_repair": 4}  # fmt: skip
INVENTED = "虚构"
"""Stands in every name, so that nobody looks for the firm."""


def enter(making: Making, session: Session, _nothing: None) -> str:
    grids = tree.read(session)
    others = [code for code in grids.tier(4) if code not in SUPERVISORS]
    chosen = dice(making.seed, "villages with sources").sample(others, ELSEWHERE)
    villages = [*SUPERVISORS, *sorted(chosen)]
    shapes = tree.shapes(session, villages)
    office = Crew(session, making.seed).of("officer", PREFECTURE)
    entered = 0
    for village in villages:
        chance = dice(making.seed, "sources", village)
        for _ in range(chance.randint(*(AT_HOME if village in SUPERVISORS else AWAY))):
            service.add(session, office, _made_up(chance, grids, village, shapes[village]))
            entered += 1
    return f"{entered} sources in {len(villages)} villages"


def _made_up(chance: random.Random, grids: tree.Tree, village: str, shape: Any) -> dict[str, Any]:
    name = grids.places[village].name
    weights = IN_TOWN if "社区" in name else IN_COUNTRY
    kind = chance.choices(list(weights), list(weights.values()))[0]
    lon, lat = point_in(shape, chance)
    return {
        "name": f"{INVENTED}·{chance.choice(WORDS)}{chance.choice(KINDS[kind])}",
        "kind": kind,
        "address": f"{name}{chance.randint(1, 99)}号({INVENTED})",
        "place": {"lon": lon, "lat": lat, "datum": "WGS84"},
        "grid": village,
        "key": chance.random() < KEY,
        "details": {"demonstration": True},
    }
