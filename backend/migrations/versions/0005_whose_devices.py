"""Who is or was signed in on a device, and until when a revoked one may hand over

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("devices", sa.Column("handover_until", UtcDateTime(), nullable=True))
    op.create_table(
        "device_users",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_device_users_device_id_devices")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_device_users_person_id_persons")),
        sa.PrimaryKeyConstraint("device_id", "person_id", name=op.f("pk_device_users")),
    )
    op.create_index(op.f("ix_device_users_person_id"), "device_users", ["person_id"])
    # who signed in last, who is signed in, who worked on it
    op.execute(
        "INSERT INTO device_users (device_id, person_id)"
        " SELECT id, person_id FROM devices"
        " UNION SELECT device_id, person_id FROM refresh_tokens"
        " UNION SELECT device_id, person_id FROM sync_device"
        " WHERE device_id IN (SELECT id FROM devices) AND person_id IN (SELECT id FROM persons)"
    )


def downgrade() -> None:
    op.drop_table("device_users")
    op.drop_column("devices", "handover_until")
