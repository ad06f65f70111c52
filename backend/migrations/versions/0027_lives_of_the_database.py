"""What a record shares with its former life, and which operation is in which one's place

Revision: 0027
Follows: 0026
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

NAMED = sa.text("supersedes IS NOT NULL")


def upgrade() -> None:
    not_noted = "null where that was not yet noted"
    op.add_column("sync_generation", sa.Column("began_at", UtcDateTime(), nullable=True, comment=not_noted))
    shared = "of the record when the database's present life began"
    op.add_column("sync_feed", sa.Column("shared_version", sa.BigInteger(), nullable=True, comment=shared))
    place = "the operation in whose place its person put this one"
    op.add_column("sync_operation", sa.Column("supersedes", sa.Uuid(), nullable=True, comment=place))
    op.create_index(
        "ix_sync_operation_supersedes", "sync_operation", ["supersedes"], postgresql_where=NAMED, sqlite_where=NAMED
    )


def downgrade() -> None:
    op.drop_index("ix_sync_operation_supersedes", "sync_operation")
    op.drop_column("sync_operation", "supersedes")
    op.drop_column("sync_feed", "shared_version")
    op.drop_column("sync_generation", "began_at")
