"""stories kept: a film's page in words stays with it; of older films what their transcripts say

Revision ID: 0041
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE videos RENAME COLUMN transcript TO story")
    videos = sa.table("videos", sa.column("id"), sa.column("story", sa.JSON(none_as_null=True)))
    connection = op.get_bind()
    told = sa.select(videos.c.id, videos.c.story).where(videos.c.story.is_not(None))
    rows = [
        {"of": video_id, "said": [{"sentences": [one], "figures": {}} for one in paragraphs]}
        for video_id, paragraphs in connection.execute(told).all()
    ]
    if rows:
        kept = sa.update(videos).where(videos.c.id == sa.bindparam("of"))
        connection.execute(kept.values(story=sa.bindparam("said", type_=sa.JSON())), rows)
