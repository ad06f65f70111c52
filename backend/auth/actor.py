"""Who is asking, and what they may do: decided by the posts in force."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, true
from sqlalchemy.orm import Mapped

from backend.auth import roles
from backend.auth.territory import below, within
from backend.core.errors import Forbidden


@dataclass(frozen=True)
class Holding:
    """A post as far as permissions go."""

    role: str
    grid_path: str


@dataclass(frozen=True)
class Actor:
    """A signed-in person on a device, with the posts in force."""

    person_id: uuid.UUID
    device_id: uuid.UUID | None
    holdings: tuple[Holding, ...]

    def may(self, action: str, path: str, owners: Iterable[uuid.UUID | None] = ()) -> bool:
        """May this person do `action` to a record at `path` that `owners` made or are assigned to?"""
        owned = self.person_id in owners
        return any(
            reach == "all" or (reach == "grid" and below(path, holding.grid_path)) or (reach == "own" and owned)
            for holding in self.holdings
            for reach in [roles.reach(action, holding.role)]
        )

    def require(self, action: str, path: str, owners: Iterable[uuid.UUID | None] = ()) -> None:
        """Raise Forbidden, saying which role and which grid it takes, unless `may`."""
        if not self.may(action, path, tuple(owners)):
            raise Forbidden(needs_role=roles.roles_for(action), needs_grid=path.rsplit("/", 1)[-1])

    def somewhere(self, action: str) -> bool:
        """May this person do `action` to anything at all?"""
        return any(roles.reach(action, holding.role) != "-" for holding in self.holdings)

    def everywhere(self, action: str) -> bool:
        """May this person do `action` to whatever there is, also to what lies in no grid?"""
        return any(roles.reach(action, holding.role) == "all" for holding in self.holdings)

    def visible(
        self, action: str, path: Mapped[str], owners: Sequence[Mapped[uuid.UUID] | Mapped[uuid.UUID | None]] = ()
    ) -> ColumnElement[bool]:
        """The same rule as a condition for lists."""
        conditions: list[ColumnElement[bool]] = []
        for holding in self.holdings:
            reach = roles.reach(action, holding.role)
            if reach == "all":
                return true()
            if reach == "grid":
                conditions.append(within(path, holding.grid_path))
            if reach == "own":
                conditions += [column == self.person_id for column in owners]
        return or_(*conditions) if conditions else false()
