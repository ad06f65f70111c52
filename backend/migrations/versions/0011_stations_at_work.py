"""Hourly values, maintenance windows, last contacts, and how much was set aside

Revision: 0011
Follows: 0010
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("interval_minutes", sa.Integer(), server_default="60", nullable=False))
    op.create_table(
        "station_contacts",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
        sa.Column("measured_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_station_contacts_station_id_stations")),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_station_contacts")),
    )
    op.create_table(
        "maintenance_windows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_maintenance_windows_person_id_persons")),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_maintenance_windows_station_id_stations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_windows")),
    )
    op.create_index("ix_maintenance_windows_station_id_ends_at", "maintenance_windows", ["station_id", "ends_at"])
    op.create_table(
        "readings_hourly",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("pollutant", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("hour", UtcDateTime(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.Column("lowest", sa.Double(), nullable=False),
        sa.Column("highest", sa.Double(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_readings_hourly_station_id_stations")),
        sa.PrimaryKeyConstraint("station_id", "pollutant", "unit", "hour", name=op.f("pk_readings_hourly")),
    )
    op.create_table(
        "readings_quarantine_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("station", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "source", "station", "code", name=op.f("pk_readings_quarantine_counts")),
    )
    op.create_index(op.f("ix_readings_quarantine_counts_station"), "readings_quarantine_counts", ["station"])


def downgrade() -> None:
    op.drop_table("readings_quarantine_counts")
    op.drop_table("readings_hourly")
    op.drop_table("maintenance_windows")
    op.drop_table("station_contacts")
    with op.batch_alter_table("stations", schema=None) as batch_op:
        batch_op.drop_column("interval_minutes")
