"""Up to which day each county was told."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from backend.core.database import Base


class Told(Base):
    """The last day of whose list a county, by its code, was told."""

    __tablename__ = "lists_told"

    county: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date]
