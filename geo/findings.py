"""What a check of boundaries found: a kind, a place to zoom to and a sentence for the person who drew them."""

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]

KINDS: dict[str, tuple[Severity, str, str]] = {
    "empty": ("error", "{codes} 没有图形。", "{codes} has no shape."),
    "invalid_ring": ("error", "{codes} 的边界自相交或不闭合：{detail}", "The border of {codes} is not valid: {detail}"),
    "duplicate_code": ("error", "编码 {codes} 重复出现。", "Code {codes} occurs more than once."),
    "unknown_parent": ("error", "{codes} 的上级网格不存在。", "The parent of {codes} does not exist."),
    "wrong_tier": ("error", "{codes} 不在其上级的下一层。", "{codes} is not one tier below its parent."),
    "overlap": ("error", "{codes} 重叠 {detail}。", "{codes} overlap by {detail}."),
    "gap": ("error", "{codes} 内有 {detail} 不属于任何下级网格。", "{detail} inside {codes} belong to no grid below."),
    "outside_parent": ("error", "{codes} 超出上级网格 {detail}。", "{codes} reach {detail} outside their parent."),
    "hole": ("warning", "{codes} 之间有 {detail} 的空洞。", "There is a hole of {detail} between {codes}."),
    "misaligned": ("warning", "{codes} 与相邻网格的边界节点不一致。", "{codes} and a neighbour do not share vertices."),
    "no_children": ("warning", "{codes} 没有下级网格。", "{codes} has no grids below it."),
    "code_prefix": (
        "error",
        "{codes} 的编码不以上级编码开头。",
        "The code of {codes} does not begin with its parent's.",
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
