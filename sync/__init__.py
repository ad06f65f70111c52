"""Offline synchronisation: a change feed, operations, time evidence and resumable uploads."""
