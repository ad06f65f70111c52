"""Previews of pictures

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("photo_promises", schema=None) as batch_op:
        batch_op.add_column(sa.Column("preview_of", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_photo_promises_preview_of"), ["preview_of"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("photo_promises", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_photo_promises_preview_of"))
        batch_op.drop_column("preview_of")
