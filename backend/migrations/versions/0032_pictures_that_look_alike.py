"""Pictures that look alike

Revision: 0032
Follows: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TO_COMPARE = sa.text("number IS NULL AND dhash IS NOT NULL")


def upgrade() -> None:
    op.add_column("photos", sa.Column("number", sa.BigInteger(), nullable=True))
    op.create_index("ix_photos_number", "photos", ["number"], unique=True)
    op.create_index(
        "ix_photos_to_compare", "photos", ["stored_at"], postgresql_where=TO_COMPARE, sqlite_where=TO_COMPARE
    )
    op.create_table(
        "photo_likenesses",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("earlier", sa.String(), nullable=False),
        sa.Column("bits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "earlier", name=op.f("pk_photo_likenesses")),
    )
    op.create_index("ix_photo_likenesses_earlier", "photo_likenesses", ["earlier"])


def downgrade() -> None:
    op.drop_table("photo_likenesses")
    op.drop_index("ix_photos_to_compare", "photos")
    op.drop_index("ix_photos_number", "photos")
    op.drop_column("photos", "number")
