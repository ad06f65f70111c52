"""What the auditor of escalation found

Revision: 0016
Follows: 0015
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarm_escalation_audits",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("oldest_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_alarm_escalation_audits")),
    )


def downgrade() -> None:
    op.drop_table("alarm_escalation_audits")
