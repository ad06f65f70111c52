"""What the demonstration tells of problems: one at least in every state of the ledger (MY-8, MY-9, XX-16, XX-17)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Story:
    """One problem, reported `days` ago. Each step is an action of the ledger, two a day."""

    kind: str
    severity: str
    note: str
    village: str
    days: int
    steps: tuple[str, ...] = ()
    pictured: bool = False
    stopped: bool | None = None


REGISTERED = ("register",)
ASSIGNED = (*REGISTERED, "plan", "assign")
FINISHED = (*ASSIGNED, "progress", "finish")

STORIES = (
    Story("dust", "moderate", "工地裸土未覆盖,车辆进出带泥", "652301001001", 0, pictured=True),
    Story("rubbish_heap", "minor", "路边堆放建筑垃圾约两车", "652302101204", 0, stopped=False),
    Story("coal_boiler", "serious", "锅炉房冒黑烟,疑似未开除尘", "652301003003", 1, ("return",)),
    Story("plastic_film", "minor", "地头残留地膜未回收", "652325108206", 1, REGISTERED, pictured=True),
    Story("noise", "minor", "夜间施工噪声扰民", "652301001002", 2, (*REGISTERED, "escalate"), stopped=True),
    Story("livestock", "moderate", "养殖粪污未入池,外溢至林带", "652302203200", 3, ASSIGNED),
    Story("black_water", "serious", "渠道积水发黑有异味", "652301104203", 4, (*REGISTERED, "transfer")),
    Story("straw_burning", "moderate", "地头点烧秸秆,已当场扑灭", "652325101201", 5, (*ASSIGNED, "progress"),
          pictured=True, stopped=True),
    Story("scattered_firm", "serious", "院内无证喷漆作业", "652301101200", 8, FINISHED),
    Story("dust", "moderate", "料场喷淋未开启", "652302100001", 10, (*FINISHED, "reject")),
    Story("sewage_dumping", "serious", "罐车向荒地倾倒污水", "652302101206", 12, (*FINISHED, "accept"), stopped=True),
    Story("rubbish_burning", "minor", "焚烧落叶和生活垃圾", "652325108207", 16, (*FINISHED, "accept", "strike_off"),
          pictured=True, stopped=True),
    Story("pesticide_packaging", "minor", "农药瓶丢弃在水渠边", "652301402498", 20,
          (*FINISHED, "reject", "finish", "accept", "strike_off")),
)  # fmt: skip
