"""The tables of uploads, made on the metadata of the application. No foreign keys lead out."""

import sqlalchemy as sa

from sync.types import Instant


class UploadTables:
    """`upload` and `upload_part` on `metadata`.

    An upload is one device's sending of the bytes with one SHA-256. Its parts are objects in the part store; only the
    parts named here belong to it, whatever else a dead process left behind.
    """

    def __init__(self, metadata: sa.MetaData) -> None:
        self.upload = sa.Table(
            "sync_upload",
            metadata,
            sa.Column("id", sa.Uuid, primary_key=True),
            sa.Column("device_id", sa.Uuid, nullable=False),
            sa.Column("sha256", sa.String(64), nullable=False),
            sa.Column("size", sa.BigInteger, nullable=False),
            sa.Column("media_type", sa.String(127), nullable=False),
            # Bytes safely here. Together with the epoch it is what a writer must still find when it adds to them.
            sa.Column("offset", sa.BigInteger, nullable=False),
            sa.Column("epoch", sa.Integer, nullable=False),
            sa.Column("stored", sa.Boolean(create_constraint=False), nullable=False),
            sa.Column("expires_at", Instant, nullable=False, index=True),
            sa.UniqueConstraint("device_id", "sha256"),
        )
        self.part = sa.Table(
            "sync_upload_part",
            metadata,
            sa.Column("upload_id", sa.Uuid, primary_key=True),
            sa.Column("start", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("name", sa.String(200), nullable=False),
        )
