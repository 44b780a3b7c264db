"""Imports that came in through the pages: the file that waits, what was found in it, what it did."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model, index_where, one_of

STATES = ("uploaded", "checking", "checked", "importing", "done", "failed")


class Import(Model):
    """One file. It is its uploader's alone until it is ``done``, then part of the programme's story.

    ``upload`` is the random name under which the file is kept aside, None once it is gone.
    ``layout`` says how the file looks (format in words, header, first rows), ``result`` what the last
    check or import found. While ``checking`` or ``importing``, ``started_at`` names the run that may
    finish it (None: it waits for a worker).
    """

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    created_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(10))
    filename: Mapped[str] = mapped_column(String(200))
    upload: Mapped[str | None] = mapped_column(String(64), unique=True)
    size: Mapped[int]
    layout: Mapped[dict[str, Any]] = mapped_column(JSON)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    skip_bad: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(12))
    rows: Mapped[int | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    failure: Mapped[str | None] = mapped_column(String(500))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    queued_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_imports_programme_id", "programme_id", "id"),
        index_where("state IN ('checking', 'importing')", "ix_imports_busy", "id"),
        one_of("kind", ("partners", "facts")),
        one_of("state", STATES),
    )
