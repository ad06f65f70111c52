"""KML: XML that may carry entities, links and any depth. Only what is plain goes on to GDAL."""

from pathlib import Path
from xml.parsers import expat

import numpy as np

from geo.reading import layers
from geo.reading.errors import NotGisFileError, UnreadableFileError
from geo.reading.job import Job, Raw

DEEPEST = 50
ROOT = "kml"
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
    links = _links(path)
    file = layers.named(path, job, ".kml")
    raw = _folders(file, job)
    properties = [{name: value for name, value in row.items() if name not in KML_S_OWN} for row in raw.properties]
    return Raw(raw.shapes, properties, None, [("network_links", str(links))] if links else [])


def _links(path: Path) -> int:
    look, parser = _Look(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = look.begin, look.end
    parser.StartDoctypeDeclHandler = look.doctype
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        raise UnreadableFileError(str(error)) from error
    return look.links


def _folders(file: Path, job: Job) -> Raw:
    if job.layer is not None:
        return layers.read(file, job)
    found = [layers.read_layer(file, name, job) for name in layers.spatial(file)]
    shapes = np.concatenate([np.empty(0, dtype=object), *(each.shapes for each in found)])
    return Raw(shapes, [row for each in found for row in each.properties], None)
