"""Packets are found in any stream, however it is cut and whatever was lost."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.hj212.answers import packet
from backend.hj212.crc import crc, matches
from backend.hj212.framing import HEAD, LONGEST, MOST_HELD, Framer, Packet, Piece, Scrap
from tests.backend.hj212.packets import sent

STANDARD = (
    b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80"
)
"""The example of the standard."""

packets = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60).map(packet)
litter = st.one_of(st.just(b""), st.binary(max_size=30), st.sampled_from((b"##", b"#", b"\r\n", b"##00", b"##9999x")))


def pieces_of(*reads: bytes) -> list[Piece]:
    framer = Framer()
    return [piece for read in reads for piece in framer.feed(read)] + framer.end()


def segments(pieces: list[Piece]) -> list[bytes]:
    return [piece.segment for piece in pieces if isinstance(piece, Packet)]


def scrap(pieces: list[Piece]) -> list[tuple[bytes, str]]:
    return [(piece.raw, piece.reason) for piece in pieces if isinstance(piece, Scrap)]


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    at = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[begin:end] for begin, end in pairwise(at)]


def test_the_standards_own_example() -> None:
    assert crc(STANDARD[6:-4]) == 0x1C80
    assert pieces_of(STANDARD + b"\r\n") == [Packet(STANDARD, STANDARD[6:-4])]


def test_the_example_of_2025() -> None:
    assert crc(b"QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&") == 0x2200


def test_the_check_sum_is_accepted_in_either_case() -> None:
    assert segments(pieces_of(STANDARD[:-4] + b"1c80\r\n")) == [STANDARD[6:-4]]
    assert not matches(STANDARD[6:-4], b"1C81")


def test_a_packet_is_there_with_its_last_digit_whether_a_line_ends_or_not() -> None:
    framer = Framer()
    assert framer.feed(STANDARD[:-1]) == []
    assert segments(framer.feed(STANDARD[-1:])) == [STANDARD[6:-4]]
    assert (framer.held, framer.end()) == (0, [])


@given(st.lists(st.tuples(litter, packets), max_size=6), litter, st.lists(st.integers(0, 2000), max_size=12))
def test_any_split_of_any_stream_gives_the_same_pieces(
    told: list[tuple[bytes, bytes]], last: bytes, places: list[int]
) -> None:
    stream = b"".join(noise + each for noise, each in told) + last
    whole = pieces_of(stream)
    assert pieces_of(*cut(stream, places)) == whole
    assert pieces_of(*(stream[at : at + 1] for at in range(len(stream)))) == whole


@given(st.lists(st.tuples(st.binary(max_size=30).filter(lambda noise: b"#" not in noise), packets), max_size=6))
def test_litter_between_packets_hides_none(told: list[tuple[bytes, bytes]]) -> None:
    stream = b"".join(noise + each for noise, each in told)
    assert segments(pieces_of(stream)) == [each[6:-6] for _, each in told]


@given(st.lists(packets, min_size=1, max_size=4), st.data())
def test_damage_to_one_byte_costs_one_packet_at_most_and_invents_none(sound: list[bytes], data: st.DataObject) -> None:
    hit = data.draw(st.integers(0, len(sound) - 1))
    at = data.draw(st.integers(0, len(sound[hit]) - 1))
    byte = data.draw(st.binary(min_size=1, max_size=1))
    damaged = sound[hit][:at] + byte + sound[hit][at + 1 :]
    found = segments(pieces_of(b"".join([*sound[:hit], damaged, *sound[hit + 1 :]])))
    all_of_them = [each[6:-6] for each in sound]
    assert found in (all_of_them, all_of_them[:hit] + all_of_them[hit + 1 :])


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_nothing_upsets_it_and_no_byte_is_invented(reads: list[bytes]) -> None:
    framer = Framer()
    for read in reads:
        framer.feed(read)
        assert framer.held <= MOST_HELD + HEAD
    framer.end()
    assert framer.held == 0


@pytest.mark.parametrize("length", [b"0099", b"0000", b"0050", b"0102", b"9999"])
def test_a_length_that_lies_costs_its_own_packet_only(length: bytes) -> None:
    lying = b"##" + length + STANDARD[6:]
    pieces = pieces_of(lying + b"\r\n" + STANDARD + b"\r\n")
    assert segments(pieces) == [STANDARD[6:-4]]
    [(raw, reason)] = scrap(pieces)
    assert (raw, reason in ("bad_length", "bad_crc")) == (lying, True)


def test_a_length_that_lies_without_ends_of_lines_costs_what_it_swallowed_until_the_next_mark() -> None:
    pieces = pieces_of(b"##0400" + STANDARD[6:] + STANDARD * 4)
    assert segments(pieces) == [STANDARD[6:-4]] * 4
    assert scrap(pieces) == [(b"##0400" + STANDARD[6:], "bad_crc")]


def test_a_packet_of_the_greatest_length_is_one() -> None:
    longest = packet("x" * LONGEST)
    assert longest.startswith(b"##9999")
    assert segments(pieces_of(longest[:5000], longest[5000:])) == [b"x" * LONGEST]


def test_litter_without_end_is_given_out_in_pieces() -> None:
    framer = Framer()
    out = [piece for _ in range(50) for piece in framer.feed(b"x" * 1000)]
    assert [len(piece.raw) for piece in out] == [MOST_HELD] * (50_000 // MOST_HELD)
    assert framer.held < MOST_HELD


def test_what_is_cut_off_says_so() -> None:
    assert scrap(pieces_of(STANDARD[:40])) == [(STANDARD[:40], "cut_off")]
    assert scrap(pieces_of(b"hello\r\n\r\n" + sent()[:4])) == [(b"hello", "garbage"), (b"##01", "cut_off")]
    assert pieces_of(b"\r\n\r\n") == []
