"""What waits for an officer, and alarms that go on with others

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.add_column(sa.Column("awaits", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("reopens", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_alarms_awaits"), ["awaits"])
        batch_op.create_unique_constraint(batch_op.f("uq_alarms_reopens"), ["reopens"])
        batch_op.create_foreign_key(batch_op.f("fk_alarms_reopens_alarms"), "alarms", ["reopens"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_alarms_reopens_alarms"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_alarms_reopens"), type_="unique")
        batch_op.drop_index(batch_op.f("ix_alarms_awaits"))
        batch_op.drop_column("reopens")
        batch_op.drop_column("awaits")
