"""pictures without keys: PostgreSQL looks up a picture once for all of its lines, and no board for standings

A key is looked up for each row by itself: a third of what it took to copy the standings of a million. A
picture stays for good, so its lines ask once a statement whether it is there, as facts do (0038). Standings
and their buckets are a projection, written for boards that were read in the same transaction.

Revision ID: 0042
Revises: 0041
"""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, key in (
        ("board_picture_lines", "picture_id"),
        ("standings", "board_id"),
        ("standing_buckets", "board_id"),
    ):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT fk_{table}_{key}")
    op.execute(
        "CREATE FUNCTION lines_name_a_picture() RETURNS trigger LANGUAGE plpgsql "
        "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$ BEGIN "
        "IF EXISTS (SELECT FROM (SELECT DISTINCT picture_id FROM added) AS named WHERE NOT EXISTS "
        "(SELECT FROM board_pictures AS there WHERE there.id = named.picture_id)) "
        "THEN RAISE EXCEPTION 'lines name a picture that is not in board_pictures' "
        "USING ERRCODE = 'foreign_key_violation'; END IF; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER lines_name_a_picture AFTER INSERT ON board_picture_lines REFERENCING "
        "NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION lines_name_a_picture()"
    )
