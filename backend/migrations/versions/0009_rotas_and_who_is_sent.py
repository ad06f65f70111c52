"""Rotas of duty; the second supervisor of an alarm, and whether instructions reached their phones

Revision: 0009
Follows: 0008
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rota_turns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("begins_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("replaces", sa.Uuid(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.Column("removed_by", sa.Uuid(), nullable=True),
        sa.Column("grid_path", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_rota_turns_person_id_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_turns")),
    )
    with op.batch_alter_table("rota_turns", schema=None) as batch_op:
        batch_op.create_index("ix_rota_turns_county_end", ["grid_path", "ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_rota_turns_grid_path"), ["grid_path"], unique=False)
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.add_column(sa.Column("instruction_delivered_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("second_person_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("second_delivered_at", UtcDateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_alarms_second_person_id"), ["second_person_id"], unique=False)
    with op.batch_alter_table("tracks", schema=None) as batch_op:
        batch_op.create_index("ix_tracks_person_last", ["person_id", "last_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("tracks", schema=None) as batch_op:
        batch_op.drop_index("ix_tracks_person_last")
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alarms_second_person_id"))
        batch_op.drop_column("second_delivered_at")
        batch_op.drop_column("second_person_id")
        batch_op.drop_column("instruction_delivered_at")
    with op.batch_alter_table("rota_turns", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rota_turns_grid_path"))
        batch_op.drop_index("ix_rota_turns_county_end")
    op.drop_table("rota_turns")
