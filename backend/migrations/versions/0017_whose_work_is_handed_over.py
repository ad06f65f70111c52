"""The days for handing over are each person's own, also where an account ended

Revision: 0017
Follows: 0016
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device_users", sa.Column("handover_until", UtcDateTime(), nullable=True))
    op.execute(
        "UPDATE device_users SET handover_until ="
        " (SELECT devices.handover_until FROM devices WHERE devices.id = device_users.device_id)"
    )
    op.drop_column("devices", "handover_until")


def downgrade() -> None:
    op.add_column("devices", sa.Column("handover_until", UtcDateTime(), nullable=True))
    op.execute(
        "UPDATE devices SET handover_until ="
        " (SELECT MAX(device_users.handover_until) FROM device_users WHERE device_users.device_id = devices.id)"
    )
    op.drop_column("device_users", "handover_until")
