"""Readings that came without a key can be set aside too

Revision: 0007
Follows: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("readings_quarantine", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(), server_default="", nullable=False))
        batch_op.alter_column("key_id", existing_type=sa.Uuid(), nullable=True)


def downgrade() -> None:
    with op.batch_alter_table("readings_quarantine", schema=None) as batch_op:
        batch_op.alter_column("key_id", existing_type=sa.Uuid(), nullable=False)
        batch_op.drop_column("source")
