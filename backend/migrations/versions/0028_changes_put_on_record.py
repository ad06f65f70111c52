"""Changes of posts put on record

Revision: 0028
Follows: 0027
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "post_filings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("filed_at", UtcDateTime(), nullable=True),
        sa.Column("filed_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_filings_post_id_posts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_filings")),
    )
    op.create_index("ix_post_filings_post_id", "post_filings", ["post_id"])
    op.create_index("ix_post_filings_state", "post_filings", ["state"])


def downgrade() -> None:
    op.drop_table("post_filings")
