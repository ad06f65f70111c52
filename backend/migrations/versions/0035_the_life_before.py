"""When the life before the last restore began

Revision: 0035
Follows: 0034
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    when = "when the life before began"
    op.add_column("sync_generation", sa.Column("former_began_at", UtcDateTime(), nullable=True, comment=when))


def downgrade() -> None:
    op.drop_column("sync_generation", "former_began_at")
