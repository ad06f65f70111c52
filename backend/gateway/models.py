"""Who may send frames, parts that wait for the others, what was refused and how often."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.core.database import Base
from backend.core.ids import new_id
from backend.stations.models import Station

NOBODY = ""
"""Stands for the MN where nobody is proved to have spoken: strangers share one bound."""


class Hj212Station(Base):
    """A station as it speaks HJ 212: its `mn`, in which `units` it means its values (hj212.factors.UNITS), and which of
    its `series` (hj212.commands.UPLOADS) are the readings that alarms look at."""

    __tablename__ = "hj212_stations"

    mn: Mapped[str] = mapped_column(primary_key=True)
    station_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    digest: Mapped[str]
    units: Mapped[str]
    series: Mapped[str]
    added_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    station: Mapped[Station] = relationship(lazy="joined", innerjoin=True)


class FramePart(Base):
    """A part of a split frame, acknowledged and waiting for the others. `data` is what stood between its `&&`."""

    __tablename__ = "hj212_parts"

    mn: Mapped[str] = mapped_column(sa.ForeignKey("hj212_stations.mn"), primary_key=True)
    qn: Mapped[str] = mapped_column(primary_key=True)
    cn: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    parts: Mapped[int]
    data: Mapped[str] = mapped_column(sa.Text)
    received_at: Mapped[datetime] = mapped_column(index=True)


class QuarantinedFrame(Base):
    """Bytes that were no frame of ours to take, with the reason. `raw` is cut at a length, `size` is the whole;
    passwords are blotted out. `mn` is NOBODY, or whose connection it was or whose password was wrong."""

    __tablename__ = "frames_quarantine"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    mn: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str]
    raw: Mapped[bytes]
    size: Mapped[int]
    peer: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(index=True)


class FrameCount(Base):
    """How many frames came in an hour, by who and what became of them: counted on where their bytes are not kept."""

    __tablename__ = "frame_counts"

    hour: Mapped[datetime] = mapped_column(primary_key=True)
    mn: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
