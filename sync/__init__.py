"""Offline synchronisation: a change feed, operations, time evidence and resumable uploads."""

from sync.api import Sync
from sync.catalog import Catalog, Collection, Device, Operation, OperationType, Transaction
from sync.errors import Conflict, Deferred, PayloadInvalid, Rejected, SyncError
from sync.tables import SyncTables
from sync.touching import touch

__all__ = [
    "Catalog",
    "Collection",
    "Conflict",
    "Deferred",
    "Device",
    "Operation",
    "OperationType",
    "PayloadInvalid",
    "Rejected",
    "Sync",
    "SyncError",
    "SyncTables",
    "Transaction",
    "touch",
]
