"""Facts: what happened, once each, for ever."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model
from engage.definitions import FACT_KINDS


class Fact(Model):
    """A sale, a deal, a training: inserted, never edited.

    ``amount`` and ``quantity`` are integers in ten-thousandths. A correction is a new row; the one
    it replaces is stamped ``superseded_at``, the only column that ever changes. ``day`` is the local
    calendar day of ``occurred_at`` in the programme's time zone.
    """

    __tablename__ = "facts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    source: Mapped[str] = mapped_column(String(40))
    external_id: Mapped[str] = mapped_column(String(200))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    kind: Mapped[str] = mapped_column(String(20))
    occurred_at: Mapped[datetime]
    day: Mapped[date]
    amount: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str | None] = mapped_column(String(3))
    quantity: Mapped[int] = mapped_column(default=0)
    product: Mapped[str | None] = mapped_column(String(200))
    category: Mapped[str | None] = mapped_column(String(200))
    customer: Mapped[str | None] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]

    __table_args__ = (
        # One standing fact per source and external id; what it replaced stays beside it.
        Index(
            "uq_facts_standing",
            "programme_id",
            "source",
            "external_id",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("ix_facts_partner_id_day", "partner_id", "day"),
        Index("ix_facts_programme_id_day", "programme_id", "day"),
        CheckConstraint(
            "kind IN ({})".format(", ".join(f"'{kind}'" for kind in FACT_KINDS)), name="kind_known"
        ),
    )
