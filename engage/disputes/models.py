"""Questions that partners ask about a line of their statement, and what came of them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model, index_where, one_of

STATES = ("open", "explained", "corrected", "withdrawn")


class Dispute(Model):
    """One question about one ledger line (``transfer_id``): open until it is answered or withdrawn.

    ``amount`` is what the line was corrected by, in minor units of its unit; the transfer that did it
    names this row. A large one is ``proposed_`` by one manager and settled by another. ``seen_at`` is
    when the partner first looked at the answer.
    """

    __tablename__ = "disputes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    transfer_id: Mapped[int] = mapped_column(ForeignKey("transfers.id"))
    question: Mapped[str] = mapped_column(String(2_000))
    expected: Mapped[str | None] = mapped_column(String(500))
    asked_at: Mapped[datetime]
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="open")
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answer: Mapped[str | None] = mapped_column(String(2_000))
    amount: Mapped[int | None]
    proposed_answer: Mapped[str | None] = mapped_column(String(2_000))
    proposed_amount: Mapped[int | None]
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]

    __table_args__ = (
        index_where("state = 'open'", "uq_disputes_open", "transfer_id", unique=True),
        Index("ix_disputes_programme_id_state", "programme_id", "state", "due_at"),
        Index("ix_disputes_partner_id", "partner_id", "id"),
        one_of("state", STATES),
        CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="settled_when"),
        CheckConstraint(
            "(state IN ('explained', 'corrected')) = (answer IS NOT NULL)", name="answered_in_words"
        ),
        CheckConstraint("(state = 'corrected') = (amount IS NOT NULL)", name="corrected_by"),
        CheckConstraint("amount <> 0", name="amount_corrects_something"),
        CheckConstraint(
            "state <> 'corrected' OR proposed_by IS NULL OR proposed_by <> settled_by",
            name="proposed_by_another",
        ),
    )
