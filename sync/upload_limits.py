"""What keeps uploads from taking everything: threads, a device's share, and the last free bytes of a disk."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import bindparam

from sync.catalog import Device
from sync.upload_errors import DiskFull, UploadQuota, UploadsBusy
from sync.upload_tables import UploadTables

AT_ONCE = 16
COST_OF_A_FILE = 64 * 1024
"""What the smallest upload takes besides its bytes: rows, a name in a folder, a block."""

Free = Callable[[], int | None]
"""Bytes that may still be written where uploads are kept, the reserve taken off; None where nobody can say (a bucket).
Asked often, also with a transaction open: it must be quick."""


class Places:
    """How many requests with bytes one process serves at once: dripping phones must leave threads to all others."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._places = threading.BoundedSemaphore(at_once)
        self.at_once = at_once

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises UploadsBusy, without waiting, where all are taken."""
        if not self._places.acquire(blocking=False):
            raise UploadsBusy(headers={"Retry-After": "2"}, limit=self.at_once)
        try:
            yield
        finally:
            self._places.release()


class Share:
    """What one device may have here that no record promises."""

    def __init__(self, tables: UploadTables, promised: sa.Select[tuple[str]], limit: int) -> None:
        """`promised` selects the SHA-256 of everything that records promise; no such file ever counts. `limit` is in
        bytes, by announced size."""
        self.limit = limit
        row, promise = tables.upload.c, promised.selected_columns[0]
        self.promised = promised.where(promise == bindparam("hash")).exists()
        cost = sa.func.coalesce(sa.func.sum(row.size), 0) + sa.func.count() * COST_OF_A_FILE
        unpromised = ~promised.where(promise == row.sha256).exists()
        self._used = sa.select(cost).where(row.device_id == bindparam("device"), unpromised)

    def allow(self, connection: sa.Connection, device: Device, size: int) -> None:
        """Raises UploadQuota where this file, which nothing promises, would be too much.

        Two creations at the same instant may both pass: the limit guards a disk, it is no account.
        """
        used = int(connection.scalar(self._used, {"device": device.id}) or 0)
        if used + size + COST_OF_A_FILE > self.limit:
            raise UploadQuota(headers={"Retry-After": "600"}, limit=self.limit, used=used)


def make_sure(free: Free, needed: int) -> None:
    """Raises DiskFull where `needed` bytes would leave less than the reserve."""
    left = free()
    if left is not None and left < needed:
        raise DiskFull(headers={"Retry-After": "600"}, needed=needed)
