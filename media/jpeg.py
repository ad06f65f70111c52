"""What a JPEG's markers say about the cost of decoding it, read without a decoder (ITU-T T.81, annex B)."""

from typing import BinaryIO

START_OF_SCAN = 0xDA
BLOCK = 1 << 20


def scans(file: BinaryIO) -> int:
    """How many scans there are at most; metadata that look like one are counted too."""
    count, last = 0, b""
    file.seek(0)
    while block := file.read(BLOCK):
        count += (last + block).count(bytes((0xFF, START_OF_SCAN)))
        last = block[-1:] if block.endswith(b"\xff") else b""
    return count


def components_in_first_scan(file: BinaryIO) -> int:
    """1 to 4, or 0 where the markers cannot be followed. Fewer than the picture has means that a decoder keeps the
    coefficients of the whole picture in memory, whatever the scale."""
    file.seek(2)
    while len(head := file.read(5)) == 5 and head[0] == 0xFF:
        if head[1] == START_OF_SCAN:
            return head[4]
        file.seek(int.from_bytes(head[2:4], "big") - 3, 1)
    return 0
