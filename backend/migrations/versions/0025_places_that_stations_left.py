"""Places that stations left

Revision: 0025
Follows: 0024
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "station_former_places",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_station_former_places_station_id_stations")
        ),
        sa.PrimaryKeyConstraint("station_id", "until", name=op.f("pk_station_former_places")),
    )


def downgrade() -> None:
    op.drop_table("station_former_places")
