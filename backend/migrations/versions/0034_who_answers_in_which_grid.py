"""Problems are found by the grid of whoever answers for them

Revision: 0034
Follows: 0033
"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_problems_responsible_path"), "problems", ["responsible_path"])


def downgrade() -> None:
    op.drop_index(op.f("ix_problems_responsible_path"), "problems")
