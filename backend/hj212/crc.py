"""The check sum of HJ 212 (annex A). It is not Modbus's, though the polynomial is the same: here the high byte of the
register is shifted onto each character, there the low one."""

_POLYNOMIAL = 0xA001


def _eight_steps(register: int) -> int:
    for _ in range(8):
        register = (register >> 1) ^ (_POLYNOMIAL if register & 1 else 0)
    return register


_AFTER = tuple(map(_eight_steps, range(256)))


def crc(segment: bytes) -> int:
    """The check sum of a data segment, 0…0xFFFF."""
    register = 0xFFFF
    for byte in segment:
        register = _AFTER[(register >> 8) ^ byte]
    return register


def matches(segment: bytes, said: bytes) -> bool:
    """Is `said` the four hexadecimal digits, in either case, of this segment's check sum?"""
    return said.upper() == b"%04X" % crc(segment)
