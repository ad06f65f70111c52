"""How often work was reviewed, and since when tokens count

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATUSES = "received, applied, conflict, deferred, rejected"


def upgrade() -> None:
    for table in ("devices", "persons"):
        op.add_column(table, sa.Column("tokens_since", UtcDateTime(), nullable=True))
    reviewed = sa.Column(
        "reviewed", sa.Integer(), server_default="0", nullable=False, comment="how often work was replayed"
    )
    op.add_column("sync_device", reviewed)
    _say_of_status(f"{STATUSES}, superseded")


def downgrade() -> None:
    op.execute("UPDATE sync_operation SET status = 'rejected' WHERE status = 'superseded' AND code IS NOT NULL")
    op.execute("UPDATE sync_operation SET status = 'conflict' WHERE status = 'superseded'")
    _say_of_status(STATUSES)
    op.drop_column("sync_device", "reviewed")
    for table in ("persons", "devices"):
        op.drop_column(table, "tokens_since")


def _say_of_status(comment: str) -> None:
    if op.get_bind().dialect.supports_comments:
        op.alter_column("sync_operation", "status", comment=comment)
