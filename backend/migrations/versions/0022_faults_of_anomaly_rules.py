"""Faults of anomaly rules

Revision: 0022
Follows: 0021
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "anomaly_rule_faults",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_anomaly_rule_faults")),
    )


def downgrade() -> None:
    op.drop_table("anomaly_rule_faults")
