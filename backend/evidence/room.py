"""How much room is left for pictures: on the disk of the store, and on that of the data folder with its database."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from backend.core.edge import application
from backend.evidence import shelf
from media.store import Store

MIB = 1024 * 1024


def free(store: Store, data: Path, reserve_mb: int) -> Callable[[], int | None]:
    """Asks how many bytes may be written before less than the reserve is left; None where no disk of ours is used."""

    def ask() -> int | None:
        left = _left(store, data).values()
        return min(left) - reserve_mb * MIB if left else None

    return ask


def figure(_session: Session) -> Mapping[str, float]:
    """For /metrics: free bytes by place, those of a bucket left out."""
    return _left(shelf.store(), application().settings.data)


def _left(store: Store, data: Path) -> dict[str, int]:
    in_store = store.free_bytes()
    left = {} if in_store is None else {"store": in_store}
    if data.is_dir():  # a server with database and bucket elsewhere need not have one
        left["data"] = shutil.disk_usage(data).free
    return left
