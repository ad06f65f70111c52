"""What of the demonstration is there already."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from backend.core.database import Base


class DemoStep(Base):
    """A part of the demonstration that is complete; committed together with what it made, so never half of either."""

    __tablename__ = "demo_steps"

    name: Mapped[str] = mapped_column(primary_key=True)
    done_at: Mapped[datetime]
