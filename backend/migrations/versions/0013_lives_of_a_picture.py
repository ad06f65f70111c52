"""Bytes that nobody promised are taken away, and begin another life when they come again

Revision: 0013
Follows: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retired_photos",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("lives", sa.Integer(), nullable=False),
        sa.Column("leftover", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_retired_photos")),
    )
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.add_column(sa.Column("life", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.drop_column("life")
    op.drop_table("retired_photos")
