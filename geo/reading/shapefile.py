"""Shapefiles, several files in a zip archive."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from geo.reading import dbf, layers
from geo.reading.archive import Archive
from geo.reading.errors import IncompleteShapefileError
from geo.reading.job import Job, Notice, Raw

NEEDED = (".shp", ".shx", ".dbf")
PARTS = (*NEEDED, ".prj", ".cpg")
UNPACKED = "drawing"


def read(path: Path, job: Job) -> Raw:
    """Raises BadArchiveError, TooLargeToReadError, IncompleteShapefileError, UnreadableTextError and what
    `layers.read` raises."""
    archive = Archive(path, job.limits)
    found = _shapefiles(archive.names)
    if not found:
        raise IncompleteShapefileError(missing=[".shp"])
    parts = found[layers.chosen(sorted(found), job.layer)]
    if missing := [ending for ending in NEEDED if ending not in parts]:
        raise IncompleteShapefileError(missing=missing)
    for ending, name in parts.items():
        archive.take(name, job.folder / f"{UNPACKED}{ending}")
    noticed = _settle_encoding(job)
    raw = layers.read_layer(job.folder / f"{UNPACKED}.shp", UNPACKED, job)
    own = layers.without_system(raw) if ".prj" in parts else [("no_prj", "")]
    return Raw(raw.shapes, raw.properties, raw.own, [*own, *noticed, *raw.noticed])


def _shapefiles(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """The parts of each Shapefile by its name; what else lies in the archive is left there."""
    parts: dict[str, dict[str, str]] = {}
    for name in names:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.suffix.lower() in PARTS and not path.name.startswith("."):
            parts.setdefault(str(path.with_suffix("")), {})[path.suffix.lower()] = name
    return {stem: each for stem, each in parts.items() if {".shp", ".dbf"} & each.keys()}


def _settle_encoding(job: Job) -> list[Notice]:
    """Find out the encoding of the .dbf, and tell GDAL by a .cpg of our own."""
    cpg = job.folder / f"{UNPACKED}.cpg"
    said = job.encoding or (cpg.read_text("ascii", errors="replace") if cpg.exists() else None)
    encoding, noticed = dbf.encoding_of(job.folder / f"{UNPACKED}.dbf", said)
    cpg.write_text(encoding)
    return noticed
