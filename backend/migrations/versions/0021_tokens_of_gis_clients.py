"""Tokens of GIS clients

Revision: 0021
Follows: 0020
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gis_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_gis_tokens_person_id_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gis_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_gis_tokens_digest")),
    )
    op.create_index(op.f("ix_gis_tokens_person_id"), "gis_tokens", ["person_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_gis_tokens_person_id"), table_name="gis_tokens")
    op.drop_table("gis_tokens")
