"""What the demonstration tells of alarms: one in every state, and four whose answers are judged differently (CJ-3).

Minutes count from the moment the alarm was raised. Finished stories happened yesterday; the others are under way when
the demonstration is made.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Deed:
    """Somebody does something; `late` minutes later the server hears of it."""

    minute: int
    verb: str
    late: int = 0
    pictured: bool = False


@dataclass(frozen=True)
class Story:
    """One alarm. `began` is an hour and minute of yesterday, or minutes before the demonstration is made.

    Without a `pollutant` somebody saw it on a camera and the prefecture was told. `label` stands in the instruction
    and the summary; `verdict` is what both clocks must say, None where they still run.
    """

    name: str
    label: str
    village: str
    began: tuple[int, int] | int
    deeds: tuple[Deed, ...]
    pollutant: str | None = "pm10"
    value: float = 287.0
    verdict: str | None = None


SENT = (Deed(2, "receive"), Deed(6, "instruct"), Deed(8, "accept"))
"""The county has the order after two minutes and sends somebody."""
UNHEARD = tuple(Deed(minute, "sweep") for minute in (48, 63, 103, 123))
"""When nobody answers, the next level is told at each of these minutes."""

STORIES = (
    Story("on_time", "演示一:按时反馈、按时处置 / story 1: answered on time", "652301001001", (9, 12),
          (*SENT, Deed(38, "onsite", 1, pictured=True), Deed(96, "disposal", 1, pictured=True), Deed(240, "close")),
          verdict="met"),
    Story("late", "演示二:超时反馈 / story 2: answered late", "652302101204", (10, 25),
          (*SENT, *UNHEARD, Deed(81, "onsite", 1, pictured=True), Deed(150, "disposal", 1), Deed(260, "close")),
          pollutant="pm25", value=176.0, verdict="breached"),
    Story("never", "演示三:一直未反馈 / story 3: never answered", "652325108206", (12, 5),
          (Deed(3, "receive"), Deed(9, "instruct"), *UNHEARD), value=312.0, verdict="breached"),
    Story("received_late", "演示四:按时处置、信号恢复后才上传 / story 4: answered in time, received hours later",
          "652301101200", (13, 40),
          (*SENT, *UNHEARD, Deed(44, "onsite", 301, pictured=True), Deed(101, "disposal", 245), Deed(420, "close")),
          verdict="met"),
    Story("withdrawn", "演示五:仪器校准,撤销 / story 5: a calibration, withdrawn", "652301001001", (15, 30),
          (Deed(4, "receive"), Deed(22, "withdraw")), value=1000.0, verdict="excused"),
    Story("disposed", "演示六:已处置,待关闭 / story 6: handled, to be closed", "652301003003", 110,
          (*SENT, Deed(33, "onsite", 1, pictured=True), Deed(88, "disposal", 2)), verdict="met"),
    Story("on_site", "演示七:已到现场 / story 7: on site", "652302100001", 52,
          (*SENT, Deed(35, "onsite", 2, pictured=True)), pollutant="pm25", value=163.0),
    Story("accepted", "演示八:已接单,正赶往现场 / story 8: on the way", "652325101201", 31, SENT),
    Story("instructed", "演示九:已派单 / story 9: somebody was sent", "652301104203", 21, SENT[:2], value=265.0),
    Story("ordered", "演示十:指令已下达 / story 10: ordered", "652302203200", 2, (), value=254.0),
    Story("raised", "演示十一:视频报警,待下达 / story 11: seen on a camera, not yet ordered", "652301402498", 13, (),
          pollutant=None),
)  # fmt: skip
