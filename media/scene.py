"""A made-up place seen from a road: sky, snowy range, steppe, a works with its chimney. For simulated pictures only."""

import random
from collections.abc import Iterator
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

Colour = tuple[int, int, int]
SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((88, 142, 201), (214, 226, 232)),  # clear noon
    ((122, 138, 150), (206, 204, 196)),  # haze
    ((70, 96, 150), (244, 196, 150)),  # evening
)
GROUNDS: tuple[tuple[Colour, Colour], ...] = (
    ((170, 156, 122), (108, 92, 66)),  # gobi
    ((150, 156, 98), (82, 92, 48)),  # summer field
    ((196, 180, 138), (134, 112, 74)),  # stubble
)
SMOKES: tuple[Colour, ...] = ((70, 66, 62), (132, 130, 128), (232, 232, 230))
BRICK, STEEL, ROOF = (150, 98, 76), (158, 166, 172), (84, 96, 112)
SNOW = (236, 240, 246)
ROAD, LINE = (98, 98, 100), (226, 224, 214)


def paint(seed: int, width: int, height: int, caption: str) -> Image.Image:
    """An RGB picture of one place per seed; `caption` (Latin letters and digits) stands in a band at its foot."""
    dice = random.Random(seed)  # noqa: S311, pictures and not secrets
    horizon = round(height * dice.uniform(0.5, 0.58))
    picture = Image.new("RGB", (width, height))
    picture.paste(_gradient(width, horizon, *dice.choice(SKIES)), (0, 0))
    picture.paste(_gradient(width, height - horizon, *dice.choice(GROUNDS)), (0, horizon))
    _mountains(picture, horizon, dice)
    _road(picture, horizon, dice)
    _works(picture, horizon, dice)
    _poles(picture, horizon, dice)
    _caption(picture, caption)
    return picture


def grain(seed: int, width: int, height: int) -> Image.Image:
    """The noise of a small sensor, greys around 128."""
    noise = random.Random(seed).randbytes(width * height)  # noqa: S311
    return Image.frombytes("L", (width, height), noise).convert("RGB")


def with_grain(picture: Image.Image, noise: Image.Image, strength: float) -> Image.Image:
    """The picture with so much of the noise: 0 none, 1 all its range."""
    bias = round(128 * strength)
    return ImageChops.add(picture, noise.point([round(grey * strength) for grey in range(256)] * 3), 1, -bias)


def _gradient(width: int, height: int, top: Colour, foot: Colour) -> Image.Image:
    column = Image.new("RGB", (1, height))
    column.putdata([_between(top, foot, row / height) for row in range(height)])
    return column.resize((width, height))


def _between(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _mountains(picture: Image.Image, horizon: int, dice: random.Random) -> None:
    """Two ranges, the farther one higher, paler and with snow on it."""
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    for rise, colour, snow in ((0.17, (142, 158, 180), True), (0.07, (118, 126, 124), False)):
        ridge = list(_ridge(width, rise * height, dice))
        if snow:
            draw.polygon([(0, horizon), *((x, horizon - y) for x, y in ridge), (width, horizon)], fill=SNOW)
            line = rise * height * 0.55
            ridge = [(x, min(y, line * dice.uniform(0.94, 1.06) + 0.3 * max(y - line, 0))) for x, y in ridge]
        draw.polygon([(0, horizon), *((x, horizon - y) for x, y in ridge), (width, horizon)], fill=colour)


def _ridge(width: int, rise: float, dice: random.Random) -> Iterator[tuple[float, float]]:
    """Heights by midpoint displacement."""
    heights, spread = [dice.uniform(0.4, 0.8), dice.uniform(0.4, 0.8)], 0.45
    while len(heights) < 130:
        between = [(a + b) / 2 + dice.uniform(-spread, spread) for a, b in pairwise(heights)]
        heights = [height for pair in zip(heights, between, strict=False) for height in pair] + heights[-1:]
        spread *= 0.52
    for index, height in enumerate(heights):
        yield width * index / (len(heights) - 1), rise * min(max(height, 0.12), 1.2)


def _road(picture: Image.Image, horizon: int, dice: random.Random) -> None:
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    end, near = width * dice.uniform(0.3, 0.7), width * dice.uniform(0.25, 0.75)
    far, close = width * 0.006, width * 0.24
    draw.polygon(
        [(end - far, horizon), (end + far, horizon), (near + close, height), (near - close, height)], fill=ROAD
    )
    for dash in range(7):
        near_end, far_end = (0.62**dash, 0.62 ** (dash + 0.45))
        points = []
        for part, sides in ((near_end, (-1, 1)), (far_end, (1, -1))):
            middle, half = end + (near - end) * part, width * 0.006 * part
            points += [(middle + side * half, horizon + (height - horizon) * part) for side in sides]
        draw.polygon(points, fill=LINE)


def _works(picture: Image.Image, horizon: int, dice: random.Random) -> None:
    """Halls, and a banded chimney with its plume behind them."""
    width, height = picture.size
    base = horizon + height * 0.035
    left = width * dice.uniform(0.12, 0.5)
    chimney, tall, thick = left + width * 0.2, height * dice.uniform(0.26, 0.36), width * 0.013
    _plume(picture, chimney, base - tall, dice)
    draw = ImageDraw.Draw(picture)
    bands = 7
    for band in range(bands):
        top, foot = base - tall * (1 - band / bands), base - tall * (1 - (band + 1) / bands)
        slope = thick * (0.72 + 0.28 * band / bands)
        colour = (188, 66, 54) if band % 2 == 0 else (228, 224, 218)
        draw.rectangle((chimney - slope, top, chimney + slope, foot), fill=colour)
        draw.rectangle((chimney + slope * 0.4, top, chimney + slope, foot), fill=_between(colour, (0, 0, 0), 0.22))
    for offset, wide, high, colour in ((0.0, 0.17, 0.085, BRICK), (0.14, 0.15, 0.11, STEEL)):
        x0, x1, top = left + width * offset, left + width * (offset + wide), base - height * high
        draw.rectangle((x0, top, x1, base), fill=colour)
        eaves, ridge = width * 0.006, height * 0.03
        draw.polygon([(x0 - eaves, top), ((x0 + x1) / 2, top - ridge), (x1 + eaves, top)], fill=ROOF)
        for window in range(6):
            x = x0 + (x1 - x0) * (0.08 + window * 0.15)
            draw.rectangle((x, top + height * 0.02, x + width * 0.012, top + height * 0.045), fill=(58, 68, 78))
    draw.rectangle((left - width * 0.03, base - height * 0.022, left + width * 0.33, base), fill=(176, 170, 160))


def _plume(picture: Image.Image, x: float, y: float, dice: random.Random) -> None:
    """Puffs that grow and thin out down the wind; drawn small, since smoke has no edges."""
    scale = 4
    size = (max(picture.width // scale, 1), max(picture.height // scale, 1))
    mask = Image.new("L", size, 0)
    draw = ImageDraw.Draw(mask)
    wind, puffs = dice.choice((-1, 1)), 46
    for puff in range(puffs, -1, -1):
        part = puff / puffs
        radius = picture.width * (0.01 + 0.05 * part) / scale * dice.uniform(0.7, 1.2)
        cx = (x + wind * picture.width * 0.42 * part**1.3) / scale + dice.uniform(-0.4, 0.4) * radius
        cy = (y - picture.height * 0.17 * part**0.7) / scale + dice.uniform(-0.6, 0.6) * radius
        draw.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=round(225 * (1 - part) ** 0.8))
    mask = mask.filter(ImageFilter.GaussianBlur(size[0] / 90)).resize(picture.size, Image.Resampling.BICUBIC)
    picture.paste(dice.choice(SMOKES), (0, 0), mask)


def _poles(picture: Image.Image, horizon: int, dice: random.Random) -> None:
    """A power line that comes nearer on one side."""
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    side, dark = dice.choice((0, 1)), (62, 54, 48)
    tops: list[tuple[float, float]] = []
    for pole in range(5):
        near = 0.5 ** (4 - pole)
        x = width * (abs(side - 0.28) + (0.26 if side else -0.26) * near)
        foot, top = horizon + height * 0.3 * near, horizon - height * 0.3 * near
        draw.line((x, foot, x, top), fill=dark, width=max(1, round(width * 0.008 * near)))
        arm = width * 0.03 * near
        draw.line((x - arm, top, x + arm, top), fill=dark, width=max(1, round(width * 0.005 * near)))
        tops += [(x, top)]
    draw.line(tops, fill=dark, width=max(1, width // 900))


def _caption(picture: Image.Image, caption: str) -> None:
    band = max(14, picture.height // 16)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, picture.height - band, picture.width, picture.height), fill=(18, 22, 26))
    font = ImageFont.load_default(band * 0.62)
    draw.text((band * 0.5, picture.height - band / 2), caption, fill=(246, 240, 220), font=font, anchor="lm")
