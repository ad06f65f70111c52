"""A generation remembers the cluster it began in

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sync_generation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cluster", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sync_generation", schema=None) as batch_op:
        batch_op.drop_column("cluster")
