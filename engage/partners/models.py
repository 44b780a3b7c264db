"""The partners of a programme, and the groups their standing is counted in."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model, one_of


class Partner(Model):
    """A sales rep or reseller that earns in a programme."""

    __tablename__ = "partners"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    external_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))
    organisation: Mapped[str | None] = mapped_column(String(200))
    team: Mapped[str | None] = mapped_column(String(200))
    region: Mapped[str | None] = mapped_column(String(200))
    type: Mapped[str | None] = mapped_column(String(200))
    joined_on: Mapped[date | None]
    #: Their last day in the programme, once it has come.
    left_on: Mapped[date | None]
    #: How others see them on boards; see `rules.public_name`.
    visibility: Mapped[str] = mapped_column(String(10), default="named", server_default="named")
    pseudonym: Mapped[str | None] = mapped_column(String(40))
    #: The name others see, as `rules.folded`: what a search on a board looks at.
    found_by: Mapped[str | None] = mapped_column(Text)
    #: What they are to reach in a period of boards that ask for it, in ten-thousandths.
    target: Mapped[int | None]
    locale: Mapped[str | None] = mapped_column(String(20))
    timezone: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("programme_id", "external_id"),
        Index("ix_partners_programme_id_region", "programme_id", "region"),
        Index("ix_partners_programme_id_organisation", "programme_id", "organisation"),
        Index("ix_partners_programme_id_team", "programme_id", "team"),
        one_of("visibility", ("named", "pseudonym", "hidden")),
        CheckConstraint(
            "visibility <> 'pseudonym' OR pseudonym IS NOT NULL", name="pseudonym_is_there"
        ),
    )


class Group(Model):
    """An organisation, team or region: a member of the boards that rank groups."""

    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))

    __table_args__ = (
        UniqueConstraint("programme_id", "kind", "name"),
        one_of("kind", ("organisation", "team", "region")),
    )
