"""A drawing of how many episodes began on each day, as SVG that stands alone."""

from collections.abc import Iterator, Sequence
from html import escape

from backend.anomalies.tally import KIND_ZH, KINDS, Tally

WIDTH, HEIGHT = 1000, 380
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 76, 44
COLOURS = {
    "over_limit": "#c0392b",
    "sudden_rise": "#e67e22",
    "away_from_neighbours": "#8e44ad",
    "persistently_high": "#7f4a2a",
    "negative": "#2980b9",
    "out_of_range": "#16a085",
    "constant": "#7f8c8d",
    "offline": "#34495e",
}
FONT = "font-family=\"'Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei',sans-serif\""
LABELS = 12
"""At most so many days are named below the drawing."""


def chart(tally: Tally, title: str) -> str:
    """Bars of each day, the kinds on top of each other in the order of KINDS; kinds that never began are left out."""
    shown = [kind for kind in KINDS if any(tally.of_kind(kind))]
    counts = {kind: tally.of_kind(kind) for kind in shown}
    totals = [sum(counts[kind][place] for kind in shown) for place in range(len(tally.days))]
    highest = _round_up(max(totals, default=0) or 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/><g {FONT} font-size="13" fill="#333">',
        f'<text x="{LEFT}" y="26" font-size="17" font-weight="bold">{escape(title)}</text>',
        *_legend(shown, counts),
        *_scale(highest),
        *_bars(shown, counts, highest),
        *_days(tally),
        "</g></svg>",
    ]
    return "\n".join(parts) + "\n"


def _legend(shown: Sequence[str], counts: dict[str, list[int]]) -> Iterator[str]:
    x = float(LEFT)
    for kind in shown:
        said = f"{KIND_ZH[kind]} {kind}: {sum(counts[kind])}"
        yield f'<rect x="{x:g}" y="44" width="12" height="12" fill="{COLOURS[kind]}"/>'
        yield f'<text x="{x + 17:g}" y="55" font-size="12">{said}</text>'
        x += 34 + 6.4 * len(said) + 6 * len(KIND_ZH[kind])


def _scale(highest: int) -> Iterator[str]:
    for step in range(5):
        value = highest * step / 4
        y = _y(value, highest)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:g}" y2="{y:g}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:g}" text-anchor="end">{value:g}</text>'


def _bars(shown: Sequence[str], counts: dict[str, list[int]], highest: int) -> Iterator[str]:
    days = len(next(iter(counts.values()), ()))
    slot = (WIDTH - LEFT - RIGHT) / max(days, 1)
    wide = max(slot * 0.8, 1)
    for place in range(days):
        below = 0
        for kind in shown:
            count = counts[kind][place]
            if count:
                y = _y(below + count, highest)
                high = _y(below, highest) - y
                x = LEFT + place * slot + (slot - wide) / 2
                colour = COLOURS[kind]
                yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" fill="{colour}"/>'
            below += count


def _days(tally: Tally) -> Iterator[str]:
    days = tally.days
    slot = (WIDTH - LEFT - RIGHT) / len(days)
    every = -(-len(days) // LABELS)
    for place in range(0, len(days), every):
        x = LEFT + (place + 0.5) * slot
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle" font-size="12">{days[place]}</text>'
    said = "每日开始的异常过程 / episodes that begin on a day"
    yield f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end" font-size="12" fill="#777">{said}</text>'


def _y(value: float, highest: int) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / highest


def _round_up(value: int) -> int:
    """The next multiple of four, so that the scale has whole numbers."""
    return -(-value // 4) * 4
