"""The tables of feed and operations, made on the application's metadata. No foreign key leads out of them."""

import sqlalchemy as sa

from sync.types import Instant

SHA256_HEX = 64
STATUSES = "received, applied, conflict, deferred, rejected, superseded"


class SyncTables:
    """Feed, generation, device states, operations. Make it once per metadata, before migrations look at it."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self.feed = _feed(metadata)
        self.feed_clock = sa.Table(
            "sync_feed_clock",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("stamp", sa.BigInteger, nullable=False),
            comment="SQLite only: one row, raised by every transaction that writes the feed",
        )
        self.generation = sa.Table(
            "sync_generation",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("generation", sa.String(32), nullable=False),
            sa.Column("cluster", sa.String(64)),
            sa.Column("began_at", Instant, comment="null where that was not yet noted"),
            sa.Column("former_began_at", Instant, comment="when the life before began"),
            comment="One row: the life of this database since the last restore",
        )
        self.devices = _devices(metadata)
        self.heads = _heads(metadata)
        self.operations = _operations(metadata)
        self.bodies = sa.Table(
            "sync_body",
            metadata,
            sa.Column("key", sa.Uuid, primary_key=True),
            sa.Column("body", sa.LargeBinary, nullable=False, comment="the operation as it came, JSON"),
            sa.Column("result", sa.LargeBinary, comment="the answer, JSON, replayed byte for byte"),
            comment="Apart from the keys, so that old bodies can be archived",
        )
        self.needs = sa.Table(
            "sync_need",
            metadata,
            sa.Column("collection", sa.String(64), primary_key=True),
            sa.Column("record_id", sa.Uuid, primary_key=True),
            sa.Column("key", sa.Uuid, primary_key=True, comment="the deferred operation"),
        )


def _feed(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "sync_feed",
        metadata,
        sa.Column("collection", sa.String(64), primary_key=True),
        sa.Column("record_id", sa.Uuid, primary_key=True),
        sa.Column("scope_key", sa.String(128), primary_key=True),
        sa.Column("stamp", sa.BigInteger, nullable=False, comment="the last writer's transaction"),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("removed", sa.String(16), comment="null while in scope; else out_of_scope or deleted"),
        sa.Column("written_at", Instant, nullable=False),
        sa.Column("shared_version", sa.BigInteger, comment="of the record when the database's present life began"),
        sa.Index("ix_sync_feed_news", "scope_key", "stamp"),
        sa.Index("ix_sync_feed_snapshot", "scope_key", "collection", "record_id"),
        comment="The newest state of every record under every key it is or was visible by",
    )


def _devices(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "sync_device",
        metadata,
        sa.Column("device_id", sa.Uuid, primary_key=True),
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("received_up_to", sa.BigInteger, nullable=False, comment="all of 1…n are here"),
        sa.Column("highest", sa.BigInteger, nullable=False, comment="highest sequence here"),
        sa.Column("head", sa.BigInteger, nullable=False, comment="highest sequence said to be made"),
        sa.Column("last_push_at", Instant),
        sa.Column("reviewed", sa.Integer, nullable=False, server_default="0", comment="how often work was replayed"),
        comment="How far each person's work on each device is here; its row serialises the device's pushes",
    )


def _heads(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "sync_head",
        metadata,
        sa.Column("device_id", sa.Uuid, primary_key=True),
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
        sa.Column("hash", sa.String(SHA256_HEX), primary_key=True),
        sa.Column("seen_at", Instant, nullable=False, comment="the first contact that named it"),
        comment="What each device said it had made, and when it first said so",
    )


def _operations(metadata: sa.MetaData) -> sa.Table:
    named = sa.text("supersedes IS NOT NULL")  # by very few
    return sa.Table(
        "sync_operation",
        metadata,
        sa.Column("key", sa.Uuid, primary_key=True, comment="the operation's id; for strays made from their hash"),
        sa.Column("stray", sa.Boolean, nullable=False, comment="no usable id, another's work, or an id used twice"),
        sa.Column("operation_id", sa.Uuid, comment="the id it claimed"),
        sa.Column("device_id", sa.Uuid, nullable=False),
        sa.Column("sender_id", sa.Uuid, nullable=False, comment="who was signed in"),
        sa.Column("person_id", sa.Uuid, comment="who made it (`by`)"),
        sa.Column("type", sa.String(64)),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("hash", sa.String(SHA256_HEX), nullable=False),
        sa.Column("previous", sa.String(SHA256_HEX)),
        sa.Column("supersedes", sa.Uuid, comment="the operation in whose place its person put this one"),
        sa.Column("made_at", Instant),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("not_before", Instant, comment="what it proves by itself: of use to those after it in the chain"),
        sa.Column("attested_from", Instant, comment="its attested instant less the margin"),
        sa.Column("decided_at", Instant),
        sa.Column("status", sa.String(16), nullable=False, comment=STATUSES),
        sa.Column("code", sa.String(64), comment="of the problem"),
        sa.Column("attempts", sa.Integer, nullable=False),  # of the server itself, see sync/retry.py
        sa.Column("handover", sa.Boolean, nullable=False, comment="came from a revoked device"),
        sa.Column("app_version", sa.String(64)),
        sa.Index("ix_sync_operation_sequence", "device_id", "person_id", "sequence"),
        sa.Index("ix_sync_operation_status", "status", "received_at"),
        sa.Index("ix_sync_operation_supersedes", "supersedes", postgresql_where=named, sqlite_where=named),
        comment="The inbox: everything received, and what became of it",
    )
