"""One index for the queues of the outbox

Revision: 0030
Follows: 0029
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    queue = ["state", "channel_id", "urgent", "due_at", "id"]
    op.create_index("ix_notice_messages_queue", "notice_messages", queue)
    op.drop_index("ix_notice_messages_channel", "notice_messages")
    op.drop_index("ix_notice_messages_due", "notice_messages")


def downgrade() -> None:
    op.create_index("ix_notice_messages_due", "notice_messages", ["state", "due_at"])
    op.create_index("ix_notice_messages_channel", "notice_messages", ["channel_id", "state"])
    op.drop_index("ix_notice_messages_queue", "notice_messages")
