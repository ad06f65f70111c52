"""What attributes are called in files: in English as everywhere, in Chinese, and in ten bytes for Shapefiles."""

from collections.abc import Iterable

TABLE = """
name                     zh            short       zh_short
id                       编号           id          编号
code                     编码           code        编码
division_code            区划代码       div_code    区划码
tier                     层级           tier        层级
parent                   上级编码       parent      上级
path                     编码路径       path        路径
path_names               名称路径       path_names  路径名
name                     名称           name        名称
kind                     类型           kind        类型
in_duty                  是否在管       in_duty     在管
valid_from               生效时间       valid_from  生效
valid_to                 失效时间       valid_to    失效
revision                 边界版本       revision    版次
stations                 站点数         stations    站点数
covered                  是否覆盖       covered     覆盖
missing                  缺员人数       missing     缺员
lacks                    所缺岗位       lacks       所缺
address                  地址           address     地址
grid                     所在网格       grid        网格
key                      是否重点       key         重点
state                    状态           state       状态
interval_minutes         间隔分钟       interval    间隔
in_service               是否在用       in_service  在用
version                  版本           version     版本
number                   台账编号       number      台账号
class                    问题类别       class       类别
severity                 严重程度       severity    程度
note                     说明           note        说明
source_id                污染源编号     source_id   源编号
stopped                  是否制止       stopped     制止
county                   所在县市       county      县市
reported_at              上报时间       reported    上报
responsible_unit         责任单位       resp_unit   单位
due_at                   整改期限       due_at      期限
registered_at            立案时间       registered  立案
finished_at              完成时间       finished    完成
accepted_at              验收时间       accepted    验收
struck_off_at            销号时间       struck_off  销号
updated_at               更新时间       updated     更新
station_id               站点编号       station_id  站编号
pollutant                污染物         pollutant   污染物
value                    数值           value       数值
unit                     计量单位       unit        计量
raised_at                产生时间       raised_at   产生
ordered_at               下达时间       ordered_at  下达
received_at              接收时间       received    接收
closed_at                结案时间       closed_at   结案
clocks_onsite_due_at     到场期限       onsite_due  到场限
clocks_onsite_verdict    到场判定       onsite      到场
clocks_disposal_due_at   处置期限       disp_due    处置限
clocks_disposal_verdict  处置判定       disposal    处置
task_id                  任务编号       task_id     任务号
finding                  巡查结果       finding     结果
at                       时间           at          时间
distance_m               距离米         distance_m  距离
"""

HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
NAMES = {row[0]: dict(zip(HEAD, row, strict=True)) for row in ROWS}
SHORT = {"en": "short", "zh": "zh_short"}


def called(names: Iterable[str], language: str, *, short: bool = False) -> list[str]:
    """What these attributes are called in a file."""
    column = SHORT[language] if short else {"en": "name", "zh": "zh"}[language]
    return [NAMES[name][column] for name in names]


def legend(names: Iterable[str]) -> list[list[str]]:
    """For people who open a Shapefile: short names, Chinese and English, with a heading."""
    return [
        ["short", "短名", "name", "名称"],
        *([NAMES[name][c] for c in ("short", "zh_short", "name", "zh")] for name in names),
    ]
