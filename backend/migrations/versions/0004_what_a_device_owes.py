"""What a device owes, and the pictures of a record, are found by index

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("photo_promises", schema=None) as batch_op:
        batch_op.add_column(sa.Column("awaited_from", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_photo_promises_awaited_from"), ["awaited_from"], unique=False)
        batch_op.drop_index(batch_op.f("ix_photo_promises_device_id"))
        batch_op.drop_index("ix_photo_promises_record")
        batch_op.create_index("ix_photo_promises_record", ["record_id"], unique=False)
    op.execute(
        "UPDATE photo_promises SET awaited_from = device_id"
        " WHERE NOT EXISTS (SELECT 1 FROM photos WHERE photos.sha256 = photo_promises.sha256)"
    )


def downgrade() -> None:
    with op.batch_alter_table("photo_promises", schema=None) as batch_op:
        batch_op.drop_index("ix_photo_promises_record")
        batch_op.create_index("ix_photo_promises_record", ["collection", "record_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_photo_promises_device_id"), ["device_id"], unique=False)
        batch_op.drop_index(batch_op.f("ix_photo_promises_awaited_from"))
        batch_op.drop_column("awaited_from")
