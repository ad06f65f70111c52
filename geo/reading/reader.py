"""Reading files of boundaries that anybody may have made: GeoPackage, zipped Shapefile, GeoJSON, FlatGeobuf, KML.

The file is opened in a process of its own (`geo.reading.child`) with bounded time and memory and none of the server's
secrets, so that a crash of GDAL is a refusal and takes no worker along. Whoever waits holds no transaction open.
"""

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyogrio
import shapely

from geo import crs, guessing
from geo.errors import BadGeoJSONError, GeoError, OutOfRangeError
from geo.findings import Finding, finding
from geo.geojson import Feature
from geo.guessing import Known
from geo.reading import errors
from geo.reading.job import ANSWER
from geo.reading.layers import DRIVERS
from geo.reading.limits import Limits

PROGRAM = ("-m", "geo.reading.child")
NOWHERE = "http://127.0.0.1:9"
"""A proxy that nobody listens at: nothing that a file names is fetched."""
TOLD = {each.code: each for each in (BadGeoJSONError, *errors.EVERY)}
KILLED = frozenset({-signal.SIGXCPU, -signal.SIGKILL})
"""How a process ends that used up its time."""
GRACE_S = 5
"""What starting the process may take beside the reading."""


@dataclass(frozen=True)
class Drawing:
    """What a file holds. Geometries are in WGS 84, without heights, None where there is none; rings as drawn.

    `findings` are about the file as a whole: its system, its encoding, what was left out.
    """

    format: str
    features: list[Feature]
    findings: list[Finding]


def read(
    file: Path | bytes,
    declared: str | None,
    limits: Limits | None = None,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    known: Known | None = None,
) -> Drawing:
    """The features of a file whose system of coordinates the sender declared (a name in `geo.crs.SYSTEMS`).

    `known` is what is published already: where the file fits it better in another system, a finding offers that one.

    Raises MissingSystemError, UnknownSystemError, OutOfRangeError, BadGeoJSONError and every error of
    `geo.reading.errors`.
    """
    system, limits = crs.system(declared), limits or Limits()
    with tempfile.TemporaryDirectory(prefix="xunge-reading-") as folder:
        path = _on_disk(file, Path(folder))
        if path.stat().st_size > limits.file_bytes:
            raise errors.TooLargeToReadError(what="bytes", most=limits.file_bytes)
        answer = _ask(
            {"file": path, "folder": folder, "epsg": system.epsg, "layer": layer, "encoding": encoding}, limits
        )
    try:
        shapes = shapely.from_wkb(np.array(answer["shapes"], dtype=object))
    except shapely.GEOSException as error:
        raise errors.UnreadableFileError(str(error)) from error
    places = _placed(shapes, system, known)
    features = [Feature(shape, row) for shape, row in zip(places, answer["properties"], strict=True)]
    noticed = [finding(kind, (), guessing.extent(places), said) for kind, said in answer["noticed"]]
    guessed = guessing.findings(shapes, places, system, known) if known else []
    return Drawing(answer["format"], features, [*noticed, *guessed])


def _placed(shapes: Any, system: crs.System, known: Known | None) -> Any:
    try:
        return crs.to_wgs84_all(shapes, system)
    except OutOfRangeError as error:
        better = guessing.guess(shapes, system, known) if known else None
        if better is None:
            raise
        raise OutOfRangeError(error.detail, **error.facts, guess=str(better)) from error


def _on_disk(file: Path | bytes, folder: Path) -> Path:
    if isinstance(file, Path):
        return file.resolve()
    path = folder / "sent"
    path.write_bytes(file)
    return path


def _ask(job: dict[str, Any], limits: Limits) -> dict[str, Any]:
    asked = orjson.dumps({**job, "limits": asdict(limits)}, default=str)
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, *PROGRAM],
            input=asked,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            cwd=job["folder"],
            timeout=limits.seconds + GRACE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise errors.TooCostlyError(seconds=limits.seconds) from error
    answer_file = Path(job["folder"]) / ANSWER
    if done.returncode in KILLED:
        raise errors.TooCostlyError(seconds=limits.seconds)
    if done.returncode or not answer_file.exists():
        raise errors.UnreadableFileError("the reader broke down", why=f"exit {done.returncode}")
    answer: dict[str, Any] = orjson.loads(answer_file.read_bytes())
    if "error" in answer:
        raise _refusal(answer)
    return answer


def _refusal(answer: dict[str, Any]) -> GeoError:
    return TOLD.get(answer["error"], errors.UnreadableFileError)(answer["detail"], **answer["facts"])


@cache
def _environment() -> dict[str, str]:
    """All that the process knows of its surroundings: where Python finds its modules, and what GDAL may not do."""
    skipped = [name for name in pyogrio.list_drivers() if name not in DRIVERS]
    return {
        "PYTHONPATH": os.pathsep.join(each or os.getcwd() for each in sys.path),
        "PATH": os.environ.get("PATH", os.defpath),
        "GDAL_SKIP": ",".join(skipped),
        "PROJ_NETWORK": "OFF",
        "OPENBLAS_NUM_THREADS": "1",
        "GDAL_NUM_THREADS": "1",
        **dict.fromkeys(("GDAL_HTTP_PROXY", "http_proxy", "https_proxy", "all_proxy"), NOWHERE),
    }
