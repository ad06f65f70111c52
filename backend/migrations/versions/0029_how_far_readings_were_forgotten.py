"""How far readings were forgotten

Revision: 0029
Follows: 0028
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readings_forgotten",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_readings_forgotten")),
    )


def downgrade() -> None:
    op.drop_table("readings_forgotten")
