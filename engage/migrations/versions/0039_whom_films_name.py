"""whom films name, so that those who hide later are shown in none; what links show to outsiders

Of films there are, the others they name are found by what they are called by now; a film with a name that
nobody has any more is withdrawn, and made again.

Revision ID: 0039
Revises: 0038
"""

from collections import defaultdict
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

from engage import periods

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KNOWN = "state IN ('queued', 'rendering', 'done', 'failed', 'cancelled', 'withdrawn')"


def upgrade() -> None:
    names = op.create_table(
        "film_names",
        sa.Column("video_id", ID, autoincrement=False, nullable=False),
        sa.Column("partner_id", ID, autoincrement=False, nullable=False),
        sa.Column("shown", sa.String(200), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name="fk_film_names_video_id"),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name="fk_film_names_partner_id"),
        sa.PrimaryKeyConstraint("video_id", "partner_id", name="pk_film_names"),
    )
    op.create_index("ix_film_names_partner_id", "film_names", ["partner_id"])
    with op.batch_alter_table("videos") as videos:
        videos.drop_constraint(op.f("ck_videos_state_known"), type_="check")
        videos.create_check_constraint(op.f("ck_videos_state_known"), KNOWN)
        videos.add_column(
            sa.Column("for_outsiders", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    withdrawn = sa.text("state = 'withdrawn'")
    op.create_index(
        "ix_videos_withdrawn", "videos", ["id"], sqlite_where=withdrawn, postgresql_where=withdrawn
    )
    whole = {"sqlite_autoincrement": True}
    with op.batch_alter_table("film_shares", table_kwargs=whole) as shares:
        shares.add_column(sa.Column("shown_id", ID, nullable=True))
        shares.create_foreign_key(op.f("fk_film_shares_shown_id"), "videos", ["shown_id"], ["id"])
    op.create_index("ix_film_shares_shown_id", "film_shares", ["shown_id"])
    _look_back(op.get_bind(), names)


def _look_back(bind: sa.Connection, names: Any) -> None:
    """Write down whom films name that were made before; withdraw those of which it cannot be known."""
    videos = sa.table(
        "videos",
        *map(sa.column, ("id", "programme_id", "partner_id", "period", "state")),
        sa.column("snapshot", sa.JSON()),
    )
    people = _seen(bind)
    for video_id in bind.scalars(sa.select(videos.c.id).order_by(videos.c.id)).all():
        video = bind.execute(sa.select(videos).where(videos.c.id == video_id)).one()
        rankings = [v for v in video.snapshot.values() if isinstance(v, dict) and "rows" in v]
        others = {row["name"] for v in rankings for row in v["rows"] if not row.get("me")}
        last = periods.parse(video.period).last if video.period else date.max
        found: dict[int, str] = {}
        for name in others:
            found |= {
                who: name
                for who, left_on in people.get((video.programme_id, name), ())
                if left_on is None or left_on >= last
            }
        if set(found.values()) < others:
            orders = "UPDATE video_orders SET video_id = NULL, refusal = 'called off' WHERE video_id = :id"
            if video.state == "cancelled":
                bind.execute(sa.text(orders), {"id": video.id})
            gone = sa.update(videos).where(videos.c.id == video.id).values(state="withdrawn")
            bind.execute(gone)
        elif found:
            rows = [
                {"video_id": video.id, "partner_id": who, "shown": name, "last_day": last}
                for who, name in found.items()
            ]
            bind.execute(names.insert(), rows)


def _seen(bind: sa.Connection) -> dict[tuple[int, str], list[tuple[int, date | None]]]:
    """Partners with their last days, by programme and the name others read."""
    columns = ("id", "programme_id", "name", "visibility", "pseudonym")
    partners = sa.table("partners", *map(sa.column, columns), sa.column("left_on", sa.Date()))
    found = defaultdict(list)
    for who in bind.execute(sa.select(partners).where(partners.c.visibility != "hidden")):
        name = who.name if who.visibility == "named" else who.pseudonym
        found[who.programme_id, name].append((who.id, who.left_on))
    return found
