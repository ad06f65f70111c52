"""EXIF written by broken and by hostile hands."""

import io

import pytest
from PIL import Image

from media import findings as f
from media.inspect import Inspection, inspect
from tests.media.pictures import SHORT, Entry, offsets, pointer, rationals, saved, text, with_exif

EXIF_IFD, GPS_IFD = 0x8769, 0x8825
MAKE, MODEL, ORIENTATION, SOFTWARE, TAKEN, OFFSET = 0x010F, 0x0110, 0x0112, 0x0131, 0x9003, 0x9011
NORTH, EAST = text(1, b"N"), text(3, b"E")


def look(*directories: list[Entry], following: int = 0) -> Inspection:
    seen = inspect(io.BytesIO(with_exif(*directories, following=following)))
    assert seen.thumb  # whatever the EXIF says, the picture itself is sound
    return seen


def photo(*entries: Entry) -> Inspection:
    main = [pointer(EXIF_IFD, 0)]
    return look([pointer(EXIF_IFD, offsets(main)[1])], list(entries))


def gps(*entries: Entry) -> Inspection:
    main = [pointer(GPS_IFD, 0)]
    return look([pointer(GPS_IFD, offsets(main)[1])], list(entries))


def place(lon: tuple[int, int], lat: tuple[int, int], *more: Entry) -> Inspection:
    zero = (0, 1)
    return gps(NORTH, rationals(2, lat, zero, zero), EAST, rationals(4, lon, zero, zero), *more)


def test_directories_that_point_at_themselves_and_at_each_other() -> None:
    main = [(ORIENTATION, SHORT, 1, b"\x01\x00"), pointer(EXIF_IFD, 8), pointer(GPS_IFD, 8)]
    seen = look(main, following=8)
    assert seen.orientation == 1
    assert seen.position is None


def test_a_pointer_beyond_the_end() -> None:
    assert look([pointer(EXIF_IFD, 0xFFFF_FFF0), pointer(GPS_IFD, 0xFFFF_FFF0)]).position is None


@pytest.mark.filterwarnings("ignore:Tag data larger than file")
@pytest.mark.filterwarnings("ignore:Possibly corrupt EXIF data")
def test_a_count_of_four_thousand_million() -> None:
    assert look([(MAKE, 2, 0xFFFF_FFFF, b"Wide")]).camera is None


@pytest.mark.parametrize("number", [(999, 0), (0, 0), (181, 1), (4_294_967_295, 1)])
def test_a_longitude_that_cannot_be(number: tuple[int, int]) -> None:
    seen = place(number, (44, 1))
    assert seen.position is None
    assert f.BAD_POSITION in seen.findings


def test_exactly_nowhere_is_no_position() -> None:
    assert f.BAD_POSITION in place((0, 1), (0, 1)).findings


def test_a_position_needs_its_letters() -> None:
    seen = gps(rationals(2, (44, 1), (0, 1), (0, 1)), rationals(4, (87, 1), (0, 1), (0, 1)))
    assert f.BAD_POSITION in seen.findings


def test_a_longitude_alone_is_no_position() -> None:
    assert f.BAD_POSITION in gps(EAST, rationals(4, (87, 1), (0, 1), (0, 1))).findings


@pytest.mark.parametrize(
    ("written", "datum"),
    [
        (b"WGS-84", "WGS84"),
        (b"wgs 84", "WGS84"),
        (b"CGCS2000", "CGCS2000"),
        (b"GCJ-02", "GCJ02"),
        (b"TOKYO", "TOKYO"),
    ],
)
def test_the_datum_is_kept(written: bytes, datum: str) -> None:
    position = place((87, 1), (44, 1), text(18, written)).position
    assert position is not None
    assert (position.lon, position.lat, position.datum) == (87, 44, datum)


def test_a_position_without_a_datum_is_said_to_have_none() -> None:
    seen = place((87, 1), (44, 1))
    assert seen.position is not None
    assert seen.position.datum is None
    assert f.NO_DATUM in seen.findings


def test_altitude_below_the_sea() -> None:
    seen = place((89, 1), (42, 1), (5, 1, 1, b"\x01"), rationals(6, (1543, 10)))  # Lake Ayding lies at -154 m
    assert seen.position is not None
    assert seen.position.altitude_m == -154.3


def test_a_lonely_altitude_over_zero() -> None:
    position = place((87, 1), (44, 1), rationals(6, (999, 0))).position
    assert position is not None
    assert position.altitude_m is None


def test_a_time_without_offset_is_a_wall_clock_only() -> None:
    seen = photo(text(TAKEN, b"2026:11:22 09:41:07"))
    assert str(seen.taken_local) == "2026-11-22 09:41:07"
    assert seen.taken_at is None
    assert f.NO_OFFSET in seen.findings


@pytest.mark.parametrize("offset", [b"+99:99", b"Beijing", b"\xff\xff"])
def test_an_offset_that_is_none(offset: bytes) -> None:
    seen = photo(text(TAKEN, b"2026:11:22 09:41:07"), text(OFFSET, offset))
    assert seen.taken_at is None
    assert f.NO_OFFSET in seen.findings


def test_the_first_day_there_is() -> None:
    seen = photo(text(TAKEN, b"0001:01:01 00:00:00"), text(OFFSET, b"+08:00"))
    assert seen.taken_at is None  # it has no UTC


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        (b"2026:02:30 09:41:07", f.BAD_TIME),
        (b"yesterday", f.BAD_TIME),
        (b"    :  :     :  :  ", f.NO_TIME),
        (b"0000:00:00 00:00:00", f.NO_TIME),
    ],
)
def test_times_that_do_not_exist(written: bytes, finding: str) -> None:
    seen = photo(text(TAKEN, written))
    assert seen.taken_local is None
    assert finding in seen.findings


@pytest.mark.parametrize("value", [0, 9, 65_535])
def test_an_orientation_that_is_none(value: int) -> None:
    seen = look([(ORIENTATION, SHORT, 1, value.to_bytes(2, "little"))])
    assert seen.orientation == 1
    assert f.BAD_ORIENTATION in seen.findings


def test_text_is_clean_and_short() -> None:
    seen = look([text(MODEL, b"P30\x1b[31m\x00DROP TABLE"), text(SOFTWARE, b"x" * 5000)])
    assert seen.camera == "P30 [31m"
    assert seen.software == "x" * 100


def test_the_make_is_not_said_twice() -> None:
    assert look([text(MAKE, b"HUAWEI"), text(MODEL, b"HUAWEI P30")]).camera == "HUAWEI P30"
    assert look([text(MAKE, b"Xiaomi"), text(MODEL, b"2201117TG")]).camera == "Xiaomi 2201117TG"


def test_exif_of_zeros() -> None:
    seen = inspect(io.BytesIO(saved(Image.new("RGB", (8, 8)), exif=b"Exif\x00\x00" + b"\x00" * 60)))
    assert seen.thumb
    assert seen.findings[0] in (f.BAD_EXIF, f.NO_EXIF)
