"""What a device owes is found with what it promised last in front

Revision: 0018
Follows: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_photo_promises_owed", "photo_promises", ["awaited_from", "promised_at"])
    op.drop_index(op.f("ix_photo_promises_awaited_from"), "photo_promises")


def downgrade() -> None:
    op.create_index(op.f("ix_photo_promises_awaited_from"), "photo_promises", ["awaited_from"])
    op.drop_index("ix_photo_promises_owed", "photo_promises")
