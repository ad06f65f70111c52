"""KML: XML that may carry entities, links and any depth. Only what is plain goes on to GDAL."""

import re
from pathlib import Path
from xml.parsers import expat

import numpy as np

from geo.reading import dbf, layers
from geo.reading.errors import NotGisFileError, UnreadableFileError, UnreadableTextError
from geo.reading.job import Job, Raw

DEEPEST = 50
ROOT = "kml"
DECLARED = re.compile(rb"""\s*<\?xml[^>]*?encoding=["']([A-Za-z0-9_.-]+)["']""")
KML_S_OWN = frozenset(
    {"id", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon"}
)
"""Fields that every KML feature has; the drawer's own are Name, description and ExtendedData."""


class _Look:
    """Walks the document once before GDAL sees it."""

    def __init__(self) -> None:
        self.depth = 0
        self.links = 0

    def begin(self, name: str, _attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if self.depth == 0 and name != ROOT:
            raise NotGisFileError
        self.depth += 1
        if self.depth > DEEPEST:
            raise UnreadableFileError("elements lie too deep in each other", most=DEEPEST)
        self.links += name == "NetworkLink"

    def end(self, _name: str) -> None:
        self.depth -= 1

    @staticmethod
    def doctype(*_: object) -> None:
        raise UnreadableFileError("a KML file has no DOCTYPE and no entities")


def read(path: Path, job: Job) -> Raw:
    """All folders together, or the one asked for. Links to other files are never followed, but noticed.

    Raises NotGisFileError, UnreadableFileError, and what `layers.read` raises.
    """
    file = job.folder / "drawing.kml"
    file.write_bytes(_utf8(path.read_bytes()))
    links = _links(file)
    raw = _folders(file, job)
    properties = [{name: value for name, value in row.items() if name not in KML_S_OWN} for row in raw.properties]
    linked = [("network_links", str(links))] if links else []
    return Raw(raw.shapes, properties, None, [*linked, *raw.noticed])


def _utf8(content: bytes) -> bytes:
    """A document that says it is in GBK, which neither expat nor libkml reads, in UTF-8. Raises UnreadableTextError."""
    said = DECLARED.match(content)
    if said is None or said[1].decode().upper() not in dbf.GBK_NAMES:
        return content
    try:
        text = content[said.end(1) :].decode(dbf.GBK)
    except UnicodeDecodeError as error:
        raise UnreadableTextError(at=[]) from error
    return content[: said.start(1)] + dbf.UTF8.encode() + text.encode()


def _links(path: Path) -> int:
    look, parser = _Look(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = look.begin, look.end
    parser.StartDoctypeDeclHandler = look.doctype
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except (expat.ExpatError, ValueError) as error:  # the second of an encoding that it does not know
        raise UnreadableFileError(str(error)) from error
    return look.links


def _folders(file: Path, job: Job) -> Raw:
    if job.layer is not None:
        return layers.read(file, job)
    found = [layers.read_layer(file, name, job) for name in layers.spatial(file)]
    shapes = np.concatenate([np.empty(0, dtype=object), *(each.shapes for each in found)])
    noticed = [notice for each in found for notice in each.noticed]
    return Raw(shapes, [row for each in found for row in each.properties], None, noticed)
