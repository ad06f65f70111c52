"""What a check of boundaries found: a kind, a place to zoom to and a sentence for the person who drew them."""

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]

KINDS: dict[str, tuple[Severity, str, str]] = {
    "empty": ("error", "{codes} 没有图形。", "{codes} has no shape."),
    "invalid_ring": ("error", "{codes} 的边界自相交或不闭合：{detail}", "The border of {codes} is not valid: {detail}"),
    "duplicate_code": ("error", "编码 {codes} 重复出现。", "Code {codes} occurs more than once."),
    "unknown_parent": ("error", "{codes} 的上级网格不存在。", "The parent of {codes} does not exist."),
    "wrong_tier": ("error", "{codes} 不在其上级的下一层。", "{codes} is not one tier below its parent."),
    "overlap": ("error", "{codes} 重叠 {detail}。", "{codes} overlap by {detail}."),
    "crowded": (
        "error",
        "{codes} 一带互相重叠的网格过多，未逐一比较边界。",
        "Around {codes} too many grids lie over each other for all their borders to be compared.",
    ),
    "gap": ("error", "{codes} 内有 {detail} 不属于任何下级网格。", "{detail} inside {codes} belong to no grid below."),
    "outside_parent": ("error", "{codes} 超出上级网格 {detail}。", "{codes} reach {detail} outside their parent."),
    "duplicate_shape": ("error", "{codes} 的图形完全相同。", "{codes} have the same outline."),
    "sliver": ("warning", "{codes} 有狭长碎片，宽 {detail}。", "{codes} has a sliver, {detail} wide."),
    "spike": ("warning", "{codes} 的边界有 {detail} 处尖刺。", "The border of {codes} has spikes: {detail}."),
    "duplicate_vertices": (
        "warning",
        "{codes} 的边界有 {detail} 个重复节点。",
        "The border of {codes} repeats vertices: {detail}.",
    ),
    "slit": ("error", "{codes} 之间有 {detail} 的缝隙。", "There is a slit of {detail} between {codes}."),
    "t_junction": (
        "warning",
        "{codes} 的公共边上缺少对方的节点。",
        "One of {codes} lacks a vertex that the other has on their border.",
    ),
    "parent_misaligned": (
        "warning",
        "{codes} 与其下级网格的边界只差毫厘，未重合。",
        "The border of {codes} is a trifle off the borders below it.",
    ),
    "no_name": ("error", "{codes} 没有名称。", "{codes} has no name."),
    "duplicate_name": (
        "warning",
        "同一上级下的 {codes} 同名：{detail}。",
        "{codes} have the same parent and the same name: {detail}.",
    ),
    "moved": ("info", "{codes} 的边界移动了 {detail}。", "The border of {codes} moved by {detail}."),
    "added": ("info", "新增网格 {codes}。", "{codes} is new."),
    "uncovered": (
        "warning",
        "原属本州的 {detail} 不再属于任何网格（原属 {codes}）。",
        "{detail} that were in {codes} belong to no grid any more.",
    ),
    "hole": ("warning", "{codes} 之间有 {detail} 的空洞。", "There is a hole of {detail} between {codes}."),
    "misaligned": (
        "warning",
        "{codes} 与相邻网格的边界只差毫厘，未重合；可自动对齐。",
        "{codes} is a trifle off a neighbour's border; it can be snapped.",
    ),
    "no_children": ("warning", "{codes} 没有下级网格。", "{codes} has no grids below it."),
    "code_prefix": (
        "error",
        "{codes} 的编码不以上级编码开头。",
        "The code of {codes} does not begin with its parent's.",
    ),
    "no_prj": (
        "warning",
        "压缩包里没有 .prj 文件，只能按所声明的坐标系读取。",
        "There is no .prj file: the declared system alone says where this lies.",
    ),
    "crs_unknown": (
        "warning",
        "看不懂文件自带的坐标系，按所声明的坐标系读取。",
        "The file's own system cannot be understood; the declared one was used.",
    ),
    "crs_mismatch": (
        "error",
        "文件自带的坐标系与所声明的不符：{detail}。",
        "The file's own system is not the declared one: {detail}.",
    ),
    "datum_guess": (
        "error",
        "所声明的坐标系有疑，似为 {detail}。",
        "The declared system looks wrong: the published borders are met as {detail} away.",
    ),
    "elsewhere": (
        "error",
        "图形不在本州范围内，相距 {detail}。",
        "This is drawn outside the prefecture, {detail} away.",
    ),
    "ring_not_closed": (
        "error",
        "第 {detail} 个要素的边界首尾不相接，请补画后重新提交。",
        "The border of feature {detail} of its layer ends elsewhere than it begins: draw it to its end.",
    ),
    "z_dropped": ("warning", "高程已略去，只保留平面位置。", "Heights were left out."),
    "curves_straightened": (
        "warning",
        "图层 {detail} 中的弧线已化为折线。",
        "Arcs in the layer {detail} became short straight lines.",
    ),
    "encoding_guessed": (
        "warning",
        "文件没有注明文字编码，按 {detail} 读取。",
        "The file does not say its encoding; it was read as {detail}.",
    ),
    "encoding_differs": (
        "warning",
        "文字实为 {detail} 编码，与注明的不同，按实际编码读取。",
        "The text is in {detail}, not in the encoding that was named; it was read as it is.",
    ),
    "network_links": (
        "warning",
        "文件中有 {detail} 个指向别处的链接，未读取其内容。",
        "The file links to {detail} other files; these were not read.",
    ),
    "vanished": ("warning", "原有网格 {codes} 不见了。", "{codes} existed before and is gone."),
}
"""Severity and the sentences (zh, en) of every kind of finding."""


@dataclass(frozen=True)
class Finding:
    """`geometry` (WGS 84, may be None) shows the place; `codes` are the grids concerned, sorted."""

    kind: str
    severity: Severity
    codes: tuple[str, ...]
    geometry: Any
    zh: str
    en: str


def finding(kind: str, codes: tuple[str, ...], geometry: Any = None, detail: str = "") -> Finding:
    """A finding of one of `KINDS`."""
    severity, zh, en = KINDS[kind]
    codes = tuple(sorted(codes))
    return Finding(
        kind,
        severity,
        codes,
        geometry,
        zh.format(codes="、".join(codes), detail=detail),
        en.format(codes=", ".join(codes), detail=detail),
    )
