"""Missions, their stages, and how far each partner has come."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.db import Id, Model


class Mission(Model):
    """A time-bound task; ``starts`` and ``ends`` are local days of the programme, both included."""

    __tablename__ = "missions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    slug: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    starts: Mapped[date]
    ends: Mapped[date]
    audience: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    budget: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    at_budget: Mapped[str | None] = mapped_column(String(4))
    published_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    stages: Mapped[list["MissionStage"]] = relationship(
        order_by="MissionStage.number", back_populates="mission"
    )

    __table_args__ = (
        UniqueConstraint("programme_id", "slug"),
        Index("ix_missions_programme_id_ends", "programme_id", "ends"),
    )


class MissionStage(Model):
    """One stage; ``definition`` is what ``rules.parse_stage`` reads. A changed stage is a new row."""

    __tablename__ = "mission_stages"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    mission_id: Mapped[int] = mapped_column(ForeignKey("missions.id"))
    number: Mapped[int]
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)

    mission: Mapped[Mission] = relationship(back_populates="stages")

    __table_args__ = (UniqueConstraint("mission_id", "number"),)


class MissionProgress(Model):
    """A projection: a partner's value in a stage (ten-thousandths) and the fact that reached it."""

    __tablename__ = "mission_progress"

    stage_id: Mapped[int] = mapped_column(ForeignKey("mission_stages.id"), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), primary_key=True)
    value: Mapped[int]
    reached_at: Mapped[datetime | None]
    fact_id: Mapped[int | None] = mapped_column(ForeignKey("facts.id"))

    __table_args__ = (Index("ix_mission_progress_partner_id", "partner_id"),)
