"""A drawing of how many episodes began on each day, as SVG that stands alone."""

from collections.abc import Iterator, Sequence
from datetime import date
from html import escape

from backend.anomalies import kinds
from backend.anomalies.tally import KINDS, Tally

WIDTH, HEIGHT = 1000, 380
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 96, 44
COLOURS = {
    "over_limit": "#c0392b",
    "sudden_rise": "#e67e22",
    "away_from_neighbours": "#8e44ad",
    "persistently_high": "#d4ac0d",
    "negative": "#2980b9",
    "out_of_range": "#16a085",
    "constant": "#7f8c8d",
    "offline": "#34495e",
}
FONT = "font-family=\"'Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei',sans-serif\""
LABELS = 12
"""At most so many days are named below the drawing."""
MOST_BARS = 92
"""Longer times are drawn by weeks."""
WEEK = 7
IN_A_ROW = 4
"""Names of kinds beside each other."""


def chart(tally: Tally, title: str) -> str:
    """A bar for each day or week, the kinds on top of each other in the order of KINDS; others are left out."""
    width = 1 if len(tally.days) <= MOST_BARS else WEEK
    counts = {kind: _by(tally.of_kind(kind), width) for kind in KINDS if any(tally.of_kind(kind))}
    totals = [sum(bar) for bar in zip(*counts.values(), strict=True)]
    highest = _round_up(max(totals, default=0) or 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/><g {FONT} font-size="13" fill="#333">',
        f'<text x="{LEFT}" y="26" font-size="17" font-weight="bold">{escape(title)}</text>',
        *_legend(counts),
        *_scale(highest),
        *_bars(counts, highest),
        *_days(tally.days[::width], width),
        "</g></svg>",
    ]
    return "\n".join(parts) + "\n"


def _by(counts: Sequence[int], width: int) -> list[int]:
    return [sum(counts[place : place + width]) for place in range(0, len(counts), width)]


def _legend(counts: dict[str, list[int]]) -> Iterator[str]:
    for number, (kind, bars) in enumerate(counts.items()):
        row, column = divmod(number, IN_A_ROW)
        x, y = LEFT + column * (WIDTH - LEFT - RIGHT) / IN_A_ROW, 42 + 20 * row
        yield f'<rect x="{x:g}" y="{y}" width="12" height="12" fill="{COLOURS[kind]}"/>'
        yield f'<text x="{x + 17:g}" y="{y + 11}" font-size="12">{kinds.name(kind)[0]} {kind}: {sum(bars)}</text>'


def _scale(highest: int) -> Iterator[str]:
    for step in range(5):
        value = highest * step / 4
        y = _y(value, highest)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:g}" y2="{y:g}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:g}" text-anchor="end">{value:g}</text>'


def _bars(counts: dict[str, list[int]], highest: int) -> Iterator[str]:
    for place, bar in enumerate(zip(*counts.values(), strict=True)):
        slot = (WIDTH - LEFT - RIGHT) / len(next(iter(counts.values())))
        x, below = LEFT + (place + 0.1) * slot, 0
        for kind, count in zip(counts, bar, strict=True):
            y, high = _y(below + count, highest), _y(below, highest) - _y(below + count, highest)
            if count:
                size = f'x="{x:.1f}" y="{y:.1f}" width="{0.8 * slot:.1f}" height="{high:.1f}"'
                yield f'<rect {size} fill="{COLOURS[kind]}"/>'
            below += count


def _days(days: Sequence[date], width: int) -> Iterator[str]:
    slot, every = (WIDTH - LEFT - RIGHT) / len(days), -(-len(days) // LABELS)
    for place in range(0, len(days), every):
        where = f'x="{LEFT + (place + 0.5) * slot:.1f}" y="{HEIGHT - BOTTOM + 20}"'
        yield f'<text {where} text-anchor="middle" font-size="12">{days[place]}</text>'
    said = (
        "每日开始的异常过程 / episodes that begin on a day"
        if width == 1
        else "每周开始的异常过程 / episodes that begin in a week"
    )
    yield f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end" font-size="12" fill="#777">{said}</text>'


def _y(value: float, highest: int) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / highest


def _round_up(value: int) -> int:
    """The next multiple of four, so that the scale has whole numbers."""
    return -(-value // 4) * 4
