"""The text in a .dbf file: which encoding is it in? Checked byte by byte, because GDAL would guess."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from geo.reading.errors import UnreadableFileError, UnreadableTextError
from geo.reading.job import Notice

UTF8, GBK = "UTF-8", "GB18030"  # the second is GBK and more
GBK_NAMES = frozenset({"GBK", "GB2312", "GB18030", "CP936", "936", "ANSI 936", "MS936"})
GBK_LANGUAGES = frozenset({0x4D, 0x7A})  # language drivers of DBF for code page 936
LANGUAGE_BYTE, FIRST_FIELD, FIELD_BYTES, FIELDS_END = 29, 32, 32, 0x0D
SHOWN = 10


@dataclass(frozen=True)
class Text:
    """One text that is not plain ASCII, and where it stands; the names of fields stand in record 0."""

    record: int
    field: str
    content: bytes

    def fits(self, encoding: str) -> bool:
        try:
            self.content.decode(encoding)
        except UnicodeDecodeError:
            return False
        return True


def encoding_of(path: Path, said: str | None) -> tuple[str, list[Notice]]:
    """UTF-8 or GB18030, by what fits the text; a notice where nothing, or something else, was said.

    `said` is what somebody declared or a .cpg file names. Raises UnreadableTextError, UnreadableFileError.
    """
    content = path.read_bytes()
    texts = list(_texts(content))
    said = _known(said) or (GBK if content[LANGUAGE_BYTE] in GBK_LANGUAGES else None)
    if not texts:
        return said or UTF8, []
    # GBK hardly ever happens to be valid UTF-8, while UTF-8 often happens to be valid GBK: so UTF-8 is tried first
    for encoding in (UTF8, GBK):
        if all(text.fits(encoding) for text in texts):
            if said is None:
                return encoding, [("encoding_guessed", encoding)]
            return encoding, [] if said == encoding else [("encoding_differs", encoding)]
    odd = [text for text in texts if not text.fits(said or UTF8)] or texts
    raise UnreadableTextError(at=[{"record": text.record, "field": text.field} for text in odd[:SHOWN]])


def _known(said: str | None) -> str | None:
    name = (said or "").strip().upper()
    if name in GBK_NAMES:
        return GBK
    return UTF8 if name in {"UTF-8", "UTF8", "65001"} else None


def _texts(content: bytes) -> Iterator[Text]:
    fields = list(_fields(content))
    yield from (Text(0, _plain(name), name) for name, *_ in fields if not name.isascii())
    header, length = int.from_bytes(content[8:10], "little"), int.from_bytes(content[10:12], "little")
    if length == 0:
        raise UnreadableFileError("the .dbf file has records of no length")
    for number, at in enumerate(range(header, len(content) - length + 1, length), start=1):
        for name, start, end in fields:
            text = content[at + start : at + end].rstrip(b" \0")
            if not text.isascii():
                yield Text(number, _plain(name), text)


def _fields(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Names, and where in a record they begin and end; a record begins with its mark of deletion."""
    if len(content) < FIRST_FIELD:
        raise UnreadableFileError("the .dbf file breaks off")
    start, at = 1, FIRST_FIELD
    while at + FIELD_BYTES <= len(content) and content[at] != FIELDS_END:
        length = content[at + 16]
        if content[at + 11 : at + 12] == b"C":
            yield content[at : at + 11].partition(b"\0")[0], start, start + length
        start, at = start + length, at + FIELD_BYTES


def _plain(name: bytes) -> str:
    """UTF-8 is tried first here too; a name cut off in the middle of a character is told as well as it can be."""
    try:
        return name.decode(UTF8)
    except UnicodeDecodeError:
        return name.decode(GBK, errors="replace")
