"""The tiers partners held, hold and will hold if nothing else happens: a projection."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Model


class TierSpell(Model):
    """From ``since`` (None: always) a partner is in ``tier`` (None: in none), by ``fact_id``."""

    __tablename__ = "tier_spells"

    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    tier: Mapped[str | None] = mapped_column(String(80))
    since: Mapped[datetime | None]
    fact_id: Mapped[int | None] = mapped_column(ForeignKey("facts.id"))
