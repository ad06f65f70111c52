"""Lists that were told

Revision: 0024
Follows: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
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
