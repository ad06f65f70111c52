"""The places of the cast as boundaries to publish, with a key grid in county A and a border that can move."""

import shapely

from backend.grids.states import GridState
from tests.backend import cast

KEY = GridState(
    "KG01", None, None, "652301", "一号站重点网格", "key_grid", True, shapely.box(87.04, 44.04, 87.06, 44.06)
)


def states(border: float = 87.1) -> list[GridState]:
    """Revision 1 of the cast, the border between villages A1 and A2 at longitude `border`, and the key grid."""
    areas = {path: area for path, (_, area) in cast.PLACES.items()}
    areas[cast.VILLAGE_A1] = shapely.box(87.0, 44.0, border, 44.1)
    areas[cast.VILLAGE_A2] = shapely.box(border, 44.0, 87.2, 44.1)
    return [*(state(path, area) for path, area in areas.items()), KEY]


def state(path: str, area: shapely.Polygon) -> GridState:
    *above, code = path.split("/")
    name = cast.PLACES[path][0] if path in cast.PLACES else code
    return GridState(code, code, len(above) + 1, above[-1] if above else None, name, "tier", True, area)
