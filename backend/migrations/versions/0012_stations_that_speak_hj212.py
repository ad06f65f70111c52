"""Stations that speak HJ 212, parts of their frames, frames refused and counted

Revision: 0012
Follows: 0011
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hj212_stations",
        sa.Column("mn", sa.String(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("units", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_hj212_stations_station_id_stations")),
        sa.PrimaryKeyConstraint("mn", name=op.f("pk_hj212_stations")),
    )
    with op.batch_alter_table("hj212_stations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hj212_stations_station_id"), ["station_id"], unique=False)
    op.create_table(
        "hj212_parts",
        sa.Column("mn", sa.String(), nullable=False),
        sa.Column("qn", sa.String(), nullable=False),
        sa.Column("cn", sa.String(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["mn"], ["hj212_stations.mn"], name=op.f("fk_hj212_parts_mn_hj212_stations")),
        sa.PrimaryKeyConstraint("mn", "qn", "cn", "part", name=op.f("pk_hj212_parts")),
    )
    with op.batch_alter_table("hj212_parts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hj212_parts_received_at"), ["received_at"], unique=False)
    op.create_table(
        "frames_quarantine",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mn", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frames_quarantine")),
    )
    with op.batch_alter_table("frames_quarantine", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_frames_quarantine_mn"), ["mn"], unique=False)
        batch_op.create_index(batch_op.f("ix_frames_quarantine_received_at"), ["received_at"], unique=False)
    op.create_table(
        "frame_counts",
        sa.Column("hour", UtcDateTime(), nullable=False),
        sa.Column("mn", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "mn", "reason", name=op.f("pk_frame_counts")),
    )


def downgrade() -> None:
    op.drop_table("frame_counts")
    op.drop_table("frames_quarantine")
    op.drop_table("hj212_parts")
    op.drop_table("hj212_stations")
