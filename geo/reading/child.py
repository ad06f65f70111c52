"""The process that reads a file which may be hostile: `python -m geo.reading.child`, started by `geo.reading.reader`.

It has no secrets, a bounded memory and time, and a folder of its own. When GDAL crashes, only this process is gone.
Standard input is the job as JSON; the answer is a file in the folder, because libraries may write to standard output.
"""

import resource
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely

from geo.errors import GeoError
from geo.reading import claims
from geo.reading.errors import TooCostlyError, TooLargeToReadError, UnreadableFileError, UnreadableTextError
from geo.reading.formats import format_of
from geo.reading.job import ANSWER, Job, Raw
from geo.reading.limits import Limits

NUL = rb"\u0000"


def main() -> None:
    asked = orjson.loads(sys.stdin.buffer.read())
    limits = Limits(**asked["limits"])
    job = Job(Path(asked["folder"]), asked["epsg"], limits, asked["layer"], asked["encoding"])
    _bound(limits)
    warnings.simplefilter("ignore")
    answer = orjson.dumps(_answer(Path(asked["file"]), job))
    if NUL in answer:  # a text that no database can keep, in a property or in the name of something
        answer = orjson.dumps({"error": UnreadableTextError.code, "detail": "NUL", "facts": {"at": []}})
    (job.folder / ANSWER).write_bytes(answer)


def _bound(limits: Limits) -> None:
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, limits.memory_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _answer(path: Path, job: Job) -> dict[str, Any]:
    try:
        return _read(path, job)
    except GeoError as error:
        return {"error": error.code, "detail": error.detail, "facts": error.facts}
    except MemoryError:
        return {"error": TooCostlyError.code, "detail": None, "facts": {"memory_bytes": job.limits.memory_bytes}}
    except UnicodeDecodeError:
        return {"error": UnreadableTextError.code, "detail": None, "facts": {"at": []}}
    except Exception as error:  # whatever a library says to a damaged file: the sender must hear that it is damaged
        return {"error": UnreadableFileError.code, "detail": None, "facts": {"why": type(error).__name__}}


def _read(path: Path, job: Job) -> dict[str, Any]:
    kind = format_of(path)
    raw = kind.read(path, job)
    _refuse_masses(raw, job.limits)
    if _has_heights(raw):
        raw.noticed.append(("z_dropped", ""))
    raw.shapes = shapely.force_2d(raw.shapes)
    if not np.isfinite(shapely.get_coordinates(raw.shapes)).all():
        raise UnreadableFileError("a coordinate is no number")
    raw.noticed += claims.differing(raw, job.epsg)
    return {
        "format": kind.name,
        "shapes": shapely.to_wkb(raw.shapes, hex=True).tolist(),
        "properties": raw.properties,
        "noticed": raw.noticed,
    }


def _has_heights(raw: Raw) -> bool:
    """Heights of nothing but 0 are what KML writes where there are none."""
    heights = shapely.get_coordinates(raw.shapes, include_z=True)[:, 2]
    return bool(np.any(np.nan_to_num(heights) != 0))


def _refuse_masses(raw: Raw, limits: Limits) -> None:
    if len(raw.shapes) > limits.features:
        raise TooLargeToReadError(what="features", most=limits.features)
    if int(np.sum(shapely.get_num_coordinates(raw.shapes))) > limits.vertices:
        raise TooLargeToReadError(what="vertices", most=limits.vertices)


if __name__ == "__main__":
    main()
