"""The source of whose matter a promised picture is evidence

Revision: 0033
Follows: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

PROMISES = sa.table("photo_promises", sa.column("record_id", sa.Uuid()), sa.column("source_id", sa.Uuid()))
OF_A_SOURCE = ("visits", "problems", "source_proposals")
"""Tables whose records say the source that they are about."""


def upgrade() -> None:
    op.add_column("photo_promises", sa.Column("source_id", sa.Uuid(), nullable=True))
    for name in OF_A_SOURCE:
        record = sa.table(name, sa.column("id", sa.Uuid()), sa.column("source_id", sa.Uuid()))
        about = sa.select(record.c.source_id).where(record.c.id == PROMISES.c.record_id).scalar_subquery()
        of_these = PROMISES.c.record_id.in_(sa.select(record.c.id))
        op.execute(sa.update(PROMISES).where(of_these).values(source_id=about))


def downgrade() -> None:
    op.drop_column("photo_promises", "source_id")
