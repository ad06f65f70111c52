"""Two that write one upload, and whatever else a bad line makes of it: the newer one counts, the file arrives whole."""

import uuid
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync.upload_errors import OffsetConflict
from tests.sync.uploads_house import AIGUL, MIB, PICTURE, SMALL, House, begun, pieces, sha256_of


def test_asking_for_the_offset_fences_off_an_older_writer(house: House) -> None:
    upload = begun(house, PICTURE)

    def slow() -> Iterator[bytes]:
        yield PICTURE[:1000]
        assert house.another_process().resume(AIGUL, upload.id).offset == 0

    with pytest.raises(OffsetConflict):
        house.uploads.append(AIGUL, upload.id, 0, slow())
    assert house.uploads.find(AIGUL, upload.id).offset == 0
    assert house.store.objects == {}


def test_of_two_writers_in_two_processes_one_counts(house: House) -> None:
    upload = begun(house, PICTURE)
    other = house.another_process()

    def overtaken() -> Iterator[bytes]:
        yield PICTURE[:1000]
        assert other.append(AIGUL, upload.id, 0, [PICTURE[:2000]]).offset == 2000

    with pytest.raises(OffsetConflict):
        house.uploads.append(AIGUL, upload.id, 0, overtaken())
    other.append(AIGUL, upload.id, 2000, pieces(PICTURE[2000:]))
    assert house.store.files[sha256_of(PICTURE)] == PICTURE
    assert house.store.objects == {}


def test_a_fenced_writer_that_has_all_the_bytes_may_finish(house: House) -> None:
    upload = begun(house, SMALL)

    def whole() -> Iterator[bytes]:
        yield SMALL
        house.uploads.resume(AIGUL, upload.id)

    assert house.uploads.append(AIGUL, upload.id, 0, whole()).stored
    assert house.uploads.resume(AIGUL, upload.id).stored


def test_two_that_finish_at_once_tell_it_once(house: House) -> None:
    upload = begun(house, SMALL)

    def overtaken() -> Iterator[bytes]:
        yield SMALL
        assert house.another_process().append(AIGUL, upload.id, 0, [SMALL]).stored

    with pytest.raises(OffsetConflict):
        house.uploads.append(AIGUL, upload.id, 0, overtaken())
    assert len(house.stored) == 1


steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 1_500_000)),
        st.tuples(st.just("overtaken"), st.integers(1, 1_500_000)),
        st.tuples(st.just("elsewhere"), st.integers(0, 50)),
        st.tuples(st.sampled_from(["look", "create"]), st.just(0)),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@example([("overtaken", MIB)])
@given(steps)
def test_whatever_breaks_the_file_arrives_whole_and_is_told_once(story: list[tuple[str, int]]) -> None:
    house = House("sqlite://")
    upload = begun(house, PICTURE)
    for step, size in story:
        take_step(house, upload.id, step, size)
    offset = house.uploads.resume(AIGUL, upload.id).offset
    assert house.uploads.append(AIGUL, upload.id, offset, pieces(PICTURE[offset:])).stored
    assert house.store.files == {sha256_of(PICTURE): PICTURE}
    assert len(house.stored) == 1
    assert house.store.objects == {}
    house.engine.dispose()


def take_step(house: House, upload_id: uuid.UUID, step: str, size: int) -> None:
    offset = house.uploads.find(AIGUL, upload_id).offset
    rest = PICTURE[offset:]
    if step == "send":
        assert house.uploads.append(AIGUL, upload_id, offset, pieces(rest[:size])).offset == offset + len(rest[:size])
    elif step == "look":
        assert house.uploads.resume(AIGUL, upload_id).offset == offset
    elif step == "create":
        assert begun(house, PICTURE).offset == offset
    elif step == "elsewhere":
        with pytest.raises(OffsetConflict):
            house.uploads.append(AIGUL, upload_id, offset + 1 + size, [b"?"])
    elif len(rest) > size == MIB:  # a whole part: all of it counted before the other came
        done = house.uploads.append(AIGUL, upload_id, offset, overtaken(house, upload_id, rest[:size]))
        assert done.offset == offset + size
    elif len(rest) > size:
        with pytest.raises(OffsetConflict):
            house.uploads.append(AIGUL, upload_id, offset, overtaken(house, upload_id, rest[:size]))


def overtaken(house: House, upload_id: uuid.UUID, content: bytes) -> Iterator[bytes]:
    """A body during which the client comes back on another connection."""
    yield content
    house.another_process().resume(AIGUL, upload_id)
