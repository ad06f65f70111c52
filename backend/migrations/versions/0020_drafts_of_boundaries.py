"""Drafts of boundaries

Revision: 0020
Follows: 0019
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import Json, UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "grid_drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("crs", sa.String(), nullable=False),
        sa.Column("layer", sa.String(), nullable=True),
        sa.Column("encoding", sa.String(), nullable=True),
        sa.Column("county", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("said", Json(), nullable=False),
        sa.Column("made_upon", sa.Integer(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("counties", Json(), nullable=False),
        sa.Column("report", Json(), nullable=False),
        sa.Column("proposals", Json(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("fault", Json(), nullable=True),
        sa.Column("preview", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["revision"], ["grid_revisions.number"], name=op.f("fk_grid_drafts_revision_grid_revisions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_drafts")),
    )
    op.create_index("ix_grid_drafts_state", "grid_drafts", ["state"])


def downgrade() -> None:
    op.drop_index("ix_grid_drafts_state", "grid_drafts")
    op.drop_table("grid_drafts")
