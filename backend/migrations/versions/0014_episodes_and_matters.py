"""Episodes of anomalous data, and matters of maintenance

Revision: 0014
Follows: 0013
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import Json, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "anomaly_episodes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("began_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("quiet_minutes", sa.Integer(), nullable=False),
        sa.Column("marks", Json(), nullable=False),
        sa.Column("running_key", sa.String(), nullable=True),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_anomaly_episodes_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anomaly_episodes")),
        sa.UniqueConstraint("running_key", name=op.f("uq_anomaly_episodes_running_key")),
    )
    op.create_index(op.f("ix_anomaly_episodes_station_id"), "anomaly_episodes", ["station_id"])
    op.create_table(
        "maintenance_matters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("evidence", Json(), nullable=False),
        sa.Column("opened_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("recovered_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("open_key", sa.String(), nullable=True),
        sa.Column("closed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("grid_path", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_maintenance_matters_station_id_stations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_matters")),
        sa.UniqueConstraint("open_key", name=op.f("uq_maintenance_matters_open_key")),
    )
    op.create_index(op.f("ix_maintenance_matters_grid_path"), "maintenance_matters", ["grid_path"])
    op.create_index(op.f("ix_maintenance_matters_station_id"), "maintenance_matters", ["station_id"])


def downgrade() -> None:
    op.drop_table("maintenance_matters")
    op.drop_table("anomaly_episodes")
