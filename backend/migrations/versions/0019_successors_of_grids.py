"""Successors of grids

Revision: 0019
Follows: 0018
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import Json, UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "grid_successions",
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("before_id", sa.Uuid(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision"], ["grid_revisions.number"], name=op.f("fk_grid_successions_revision_grid_revisions")
        ),
        sa.PrimaryKeyConstraint("revision", "before", "after", name=op.f("pk_grid_successions")),
    )
    op.create_index("ix_grid_successions_after_id", "grid_successions", ["after_id"])
    with op.batch_alter_table("grid_revisions") as batch_op:
        batch_op.add_column(sa.Column("counties", Json(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("waiting", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("withdrawn_at", UtcDateTime(), nullable=True))
    with op.batch_alter_table("grid_boundaries") as batch_op:
        batch_op.drop_constraint("fk_grid_boundaries_grid_id_grids", type_="foreignkey")
    with op.batch_alter_table("posts") as batch_op:
        batch_op.add_column(sa.Column("counts_from", UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("posts") as batch_op:
        batch_op.drop_column("counts_from")
    with op.batch_alter_table("grid_boundaries") as batch_op:
        batch_op.create_foreign_key("fk_grid_boundaries_grid_id_grids", "grids", ["grid_id"], ["id"])
    with op.batch_alter_table("grid_revisions") as batch_op:
        batch_op.drop_column("withdrawn_at")
        batch_op.drop_column("waiting")
        batch_op.drop_column("counties")
    op.drop_index("ix_grid_successions_after_id", "grid_successions")
    op.drop_table("grid_successions")
