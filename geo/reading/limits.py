"""How much one file of boundaries may cost."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """`unpacked_bytes` counts all that is taken out of an archive, `entries` what lies in it.

    `seconds` and `memory_bytes` bound the process that reads, whatever the file makes it do.
    """

    file_bytes: int = 64 * MIB
    unpacked_bytes: int = 256 * MIB
    entries: int = 100
    features: int = 20_000
    vertices: int = 2_000_000
    seconds: int = 60
    memory_bytes: int = 2048 * MIB
