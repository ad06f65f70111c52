"""Where a record lies in the tree of grids, and who may see it by that.

A path is the codes from the prefecture down: "652300/652301/652301001". It stands in every record of the tree, so that
both "is this below my grid" and "whose is this" are questions about one column.
"""

from itertools import accumulate

from sqlalchemy import ColumnElement, literal, or_
from sqlalchemy.orm import Mapped, mapped_column


class InGrid:
    """Mixin of records that lie in a grid."""

    grid_path: Mapped[str] = mapped_column(index=True)

    @property
    def grid(self) -> str:
        """The code of the grid itself."""
        return own_code(self.grid_path)


def own_code(path: str) -> str:
    """The code of the grid itself."""
    return path.rsplit("/", 1)[-1]


def ancestors(path: str) -> list[str]:
    """The codes of a path, the prefecture first, the grid itself last."""
    return path.split("/")


def county_of(path: str) -> str:
    """The code of the county or park of a path; the prefecture's own code for the prefecture itself."""
    return ancestors(path)[:2][-1]


def upwards(path: str) -> list[str]:
    """The paths of a grid and of every grid above it, the prefecture first."""
    return list(accumulate(ancestors(path), lambda above, code: f"{above}/{code}"))


def below(path: str, top: str) -> bool:
    """Is `path` the grid `top` or below it?"""
    return path == top or path.startswith(f"{top}/")


def within(column: ColumnElement[str] | Mapped[str], top: str) -> ColumnElement[bool]:
    """The same, as a condition on a column of paths. Codes hold neither % nor _."""
    return or_(column == top, column.like(f"{top}/%"))


def passes_through(column: Mapped[str], code: str) -> ColumnElement[bool]:
    """Does a path go through the grid with this code, or end there? For when only the code is known."""
    return literal("/").concat(column).concat("/").contains(f"/{code}/", autoescape=True)


def scope_keys(path: str) -> frozenset[str]:
    """The scope keys of a record in a grid: everyone with a post on the way up sees it."""
    return frozenset(f"grid:{code}" for code in ancestors(path))
