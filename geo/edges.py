"""Lines taken apart into their edges."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray


def edges_of(lines: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Every edge of an array of plain lines (n × 2 ends × 2), and of which line it is."""
    places, line = shapely.get_coordinates(lines, return_index=True)
    [first] = np.nonzero(line[1:] == line[:-1])
    return np.stack((places[first], places[first + 1]), axis=1), line[first]
