"""Exports that take longer than a request

Revision: 0031
Follows: 0030
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import Json, UtcDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("layer", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("query", Json(), nullable=False),
        sa.Column("as_of", UtcDateTime(), nullable=False),
        sa.Column("posts", Json(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("fault", Json(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_exports_person_id_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index(op.f("ix_exports_person_id"), "exports", ["person_id"])
    op.create_index(op.f("ix_exports_state"), "exports", ["state"])


def downgrade() -> None:
    op.drop_table("exports")
