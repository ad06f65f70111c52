"""A real picture with bytes changed, cut or repeated: always an answer, never an unforeseen error, never much time."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from media import findings as f
from media.derive import thumbnail
from media.errors import Undecodable
from media.inspect import inspect
from tests.media.pictures import honest, saved

JPEG = honest()
PNG = saved(Image.effect_noise((48, 36), 50).convert("RGBA"), "PNG")
WEBP = saved(Image.effect_noise((48, 36), 50).convert("RGB"), "WEBP")
HEADERS = 900  # EXIF and tables lie here: where a changed byte hurts most


@st.composite
def mutated(draw: st.DrawFn, source: bytes) -> bytes:
    data = bytearray(source)
    where = st.integers(0, min(HEADERS, len(data) - 1)) | st.integers(0, len(data) - 1)
    for at, value in draw(st.lists(st.tuples(where, st.integers(0, 255)), min_size=1, max_size=12)):
        data[at] = value
    if draw(st.booleans()):
        start, length = draw(where), draw(st.integers(0, 400))
        data[start : start + length] = draw(st.sampled_from([b"", b"\x00" * length, bytes(data[:length])]))
    return bytes(data)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(mutated(JPEG), mutated(PNG), mutated(WEBP)))
def test_changed_pictures_are_answered(data: bytes) -> None:
    seen = inspect(io.BytesIO(data))
    assert set(seen.findings) <= set(f.MEANINGS)
    assert len(set(seen.findings)) == len(seen.findings)
    for words in (seen.camera, seen.software, seen.position.datum if seen.position else None):
        assert words is None or words.isprintable()
    try:
        small = thumbnail(io.BytesIO(data))
    except Undecodable:
        assert not seen.thumb
    else:
        assert seen.thumb
        with Image.open(io.BytesIO(small)) as image:
            assert max(image.size) <= 320
