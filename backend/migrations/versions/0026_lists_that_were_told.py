"""Lists that were told

Revision: 0026
Follows: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lists_told",
        sa.Column("county", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("county", name=op.f("pk_lists_told")),
    )


def downgrade() -> None:
    op.drop_table("lists_told")
