"""Messages outside the app

Revision: 0015
Follows: 0014
"""

import sqlalchemy as sa
from alembic import op

from backend.core.database import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_channels",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("grid_path", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_notice_channels_person_id_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_channels")),
    )
    with op.batch_alter_table("notice_channels", schema=None) as batch_op:
        batch_op.create_index("ix_notice_channels_group", ["grid_path", "role"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_channels_person_id"), ["person_id"], unique=False)

    op.create_table(
        "notice_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("subject_collection", sa.String(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("grid_path", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["notice_channels.id"], name=op.f("fk_notice_messages_channel_id_notice_channels")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_messages")),
    )
    with op.batch_alter_table("notice_messages", schema=None) as batch_op:
        batch_op.create_index("ix_notice_messages_channel", ["channel_id", "state"], unique=False)
        batch_op.create_index("ix_notice_messages_due", ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_messages_grid_path"), ["grid_path"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("notice_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_messages_grid_path"))
        batch_op.drop_index("ix_notice_messages_due")
        batch_op.drop_index("ix_notice_messages_channel")

    op.drop_table("notice_messages")
    with op.batch_alter_table("notice_channels", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_channels_person_id"))
        batch_op.drop_index("ix_notice_channels_group")

    op.drop_table("notice_channels")
