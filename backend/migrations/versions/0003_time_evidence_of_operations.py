"""Time evidence of operations, for the others of their chain

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

from sync.types import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sync_operation", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "not_before",
                Instant(),
                nullable=True,
                comment="what it proves by itself: of use to those after it in the chain",
            )
        )
        batch_op.add_column(
            sa.Column("attested_from", Instant(), nullable=True, comment="its attested instant less the margin")
        )


def downgrade() -> None:
    with op.batch_alter_table("sync_operation", schema=None) as batch_op:
        batch_op.drop_column("attested_from")
        batch_op.drop_column("not_before")
