"""Who speaks, what about; what is in it; what is sent back."""

import contextlib
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.hj212 import factors
from backend.hj212.answers import answer, set_time
from backend.hj212.data import Measurement, read_upload
from backend.hj212.joining import joined
from backend.hj212.segment import Faulty, Segment, named_station, read
from backend.stations.rules import POLLUTANT
from tests.backend.hj212.packets import DATA, MN, segment, sent

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 23, 8, 55, tzinfo=ZONE)


def understood(data: str = DATA, **other: object) -> Segment:
    return read(segment(data, **other).encode())


def test_the_head_says_who_speaks() -> None:
    said = understood()
    assert (said.qn, said.st, said.cn, said.pw, said.mn) == ("20261123085500000", "22", "2011", "123456", MN)
    assert (said.wants_answer, said.version, said.parts, said.part, said.data) == (True, 1, 1, 1, DATA)


@pytest.mark.parametrize(
    ("flag", "wants", "version"), [(4, False, 1), (5, True, 1), (9, True, 2), (1, True, 0), (0, False, 0)]
)
def test_the_flag_says_whether_an_answer_is_wanted_and_which_version_is_spoken(
    flag: int, wants: bool, version: int
) -> None:
    said = understood(Flag=flag)
    assert (said.wants_answer, said.version) == (wants, version)


def test_what_comes_late_may_say_so() -> None:
    assert (understood(RF=1).resent, understood(RF=0).resent, understood().resent) == (True, False, False)


def test_a_head_of_2005_has_neither_number_nor_flag() -> None:
    said = understood(QN=None, Flag=None)
    assert (said.qn, said.flag, said.wants_answer) == ("", 0, False)


def test_parts_count_only_with_their_bit() -> None:
    assert (understood(Flag=7, PNUM=3, PNO=2).parts, understood(Flag=7, PNUM=3, PNO=2).part) == (3, 2)
    assert understood(Flag=5, PNUM=3, PNO=2).parts == 1
    assert understood(Flag=7).parts == 1


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"ST": None}, "bad_head"),
        ({"MN": "with space"}, "bad_head"),
        ({"MN": "x" * 33}, "bad_head"),
        ({"QN": "2026"}, "bad_head"),
        ({"CN": "20x1"}, "bad_head"),
        ({"Flag": "-1"}, "bad_head"),
        ({"PW": ""}, "bad_head"),
        ({"Flag": 7, "PNUM": 2, "PNO": 3}, "bad_part"),
        ({"Flag": 7, "PNUM": 2, "PNO": 0}, "bad_part"),
        ({"Flag": 7, "PNUM": 100, "PNO": 1}, "bad_part"),
        ({"Flag": 7, "PNUM": 2, "PNO": 1, "QN": None}, "bad_part"),
    ],
)
def test_what_is_no_head(other: dict[str, object], reason: str) -> None:
    with pytest.raises(Faulty) as fault:
        understood(**other)
    assert fault.value.reason == reason


def test_an_item_said_twice_is_no_head() -> None:
    with pytest.raises(Faulty, match="bad_head"):
        read(segment().replace("ST=22", "ST=22;ST=21").encode())


@pytest.mark.parametrize("text", [b"", b"ST=22;CN=2011", b"ST=22;CP=&&x", b"\xff\xfe"])
def test_without_a_data_area_it_is_nothing(text: bytes) -> None:
    with pytest.raises(Faulty, match="no_data_area"):
        read(text)


@given(st.binary(max_size=80))
def test_only_a_fault_comes_of_any_segment(text: bytes) -> None:
    for attempt in (text, segment().encode()[:60] + text + b"CP=&&" + text + b"&&"):
        with contextlib.suppress(Faulty):
            read_upload(read(attempt).data, ("Rtd",), ZONE)


def test_values_and_marks_by_factor() -> None:
    upload = read_upload(DATA + ";a21005-Rtd=0.9,a21005-Flag=D;a01001-Rtd=-12.5;", ("Rtd",), ZONE)
    assert upload.measurements == [
        Measurement("a34004", AT, 35.0, "N"),
        Measurement("a34002", AT, 60.0, "N"),
        Measurement("a21005", AT, 0.9, "D"),
        Measurement("a01001", AT, -12.5, "N"),
    ]
    assert [each.valid for each in upload.measurements] == [True, True, False, True]
    assert not upload.resent


def test_means_have_a_least_a_mean_and_a_most() -> None:
    data = "DataTime=20261123080000;a34004-Min=1,a34004-Avg=2.5,a34004-Max=9,a34004-Flag=N;a21026-Cou=4,a21026-Flag=N"
    [mean] = read_upload(data, ("Avg", "Rtd"), ZONE).measurements
    assert (mean.factor, mean.value, mean.at.hour) == ("a34004", 2.5, 8)


def test_several_moments_in_one_upload() -> None:
    data = "RF=1;DataTime=20261123080000;a34004-Rtd=1;DataTime=20261123081000;a34004-Rtd=2"
    upload = read_upload(data, ("Rtd",), ZONE)
    assert [(each.at.minute, each.value) for each in upload.measurements] == [(0, 1.0), (10, 2.0)]
    assert upload.resent


@pytest.mark.parametrize("text", ["nan", "inf", "1e308", "", "--", "0x10", "3 5", "²", "9" * 21])
def test_what_is_no_number_stays_a_text(text: str) -> None:
    [found] = read_upload(f"DataTime=20261123085500;a34004-Rtd={text}", ("Rtd",), ZONE).measurements
    assert found.value == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("a34004-Rtd=1", "no_time"),
        ("DataTime=2026112308550;a34004-Rtd=1", "bad_time"),
        ("DataTime=20261323085500", "bad_time"),
        ("DataTime=20261123085500;a34004-Rtd", "bad_item"),
        ("DataTime=20261123085500;a34004-Rtd=1,a34004-Rtd=2", "said_twice"),
    ],
)
def test_what_is_no_upload(data: str, reason: str) -> None:
    with pytest.raises(Faulty) as fault:
        read_upload(data, ("Rtd",), ZONE)
    assert fault.value.reason == reason


@given(st.lists(st.integers(0, len(DATA)), max_size=8))
def test_parts_cut_anywhere_are_put_together(places: list[int]) -> None:
    at = [0, *sorted(places), len(DATA)]
    assert joined([DATA[begin:end] for begin, end in pairwise(at)]) == DATA


def test_parts_cut_between_items_may_leave_the_separator_out() -> None:
    parts = ["DataTime=20261123085500;a34004-Rtd=3,a34004-Flag=N", "a34002-Rtd=6,a34002-Flag=N"]
    assert read_upload(joined(parts), ("Rtd",), ZONE) == read_upload(";".join(parts), ("Rtd",), ZONE)
    repeated = [parts[0], "DataTime=20261123085500;" + parts[1]]
    assert read_upload(joined(repeated), ("Rtd",), ZONE) == read_upload(";".join(parts), ("Rtd",), ZONE)


def test_a_value_cut_in_two_is_never_half_a_value() -> None:
    parts = ["DataTime=20261123085500;a34004-Rtd=20", "7,a34004-Flag=N"]
    assert [each.value for each in read_upload(joined(parts), ("Rtd",), ZONE).measurements] == [207.0]


@pytest.mark.parametrize(
    ("factor", "units", "name", "unit"),
    [
        ("a34004", "air", "pm25", "ug/m3"),
        ("a34004", "standard", "pm25", "ng/m3"),
        ("a34004", "milligram", "pm25", "mg/m3"),
        ("a21005", "air", "co", "mg/m3"),
        ("a21026", "air", "so2", "ug/m3"),
        ("a21004", "standard", "no2", "mg/m3"),
        ("a05024", "air", "o3", "ug/m3"),
        ("PM25", "air", "pm25", "ug/m3"),
        ("PM2.5", "air", "pm25", "ug/m3"),
        ("a34001", "air", "a34001", "ug/m3"),
        ("a01001", "air", "a01001", "degC"),
        ("LA", "air", "la", "dB"),
        ("B01", "air", "b01", "?"),
        ("011", "air", "x011", "?"),
        ("a.b", "air", "a_b", "?"),
    ],
)
def test_factors_and_their_units(factor: str, units: str, name: str, unit: str) -> None:
    assert factors.pollutant(factor) == name
    assert factors.unit(name, units) == unit


@given(st.text(st.sampled_from("aA0.9z"), min_size=1, max_size=20))
def test_every_factor_has_a_name_that_a_reading_may_have(factor: str) -> None:
    assert POLLUTANT.match(factors.pollutant(factor))


def test_an_answer_speaks_the_stations_version() -> None:
    asked = "QN=20261123085500000;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0"
    assert read(answer(understood(), "9014")[6:-6]).flag == 4
    assert answer(understood(Flag=9), "9014")[6:-6] == f"{asked};Flag=8;CP=&&&&".encode()
    assert b"QN=" not in answer(understood(QN=None, Flag=1), "9014")


def test_the_time_is_set_for_the_instrument_that_was_named() -> None:
    now = datetime(2026, 11, 23, 9, 0, 1, 250_000, tzinfo=ZONE)
    order = read(set_time(understood("PolId=a34004", CN=1013), now)[6:-6])
    assert (order.qn, order.cn, order.data) == ("20261123090001250", "1012", "PolId=a34004;SystemTime=20261123090001")
    assert read(set_time(understood("", CN=1013), now)[6:-6]).data == "SystemTime=20261123090001"


def test_whom_the_bytes_name() -> None:
    assert named_station(sent()) == MN
    assert named_station(b"##0101MN=X1;CN=2011") == "X1"
    assert named_station(b"PMN=X1;MN=") is None
