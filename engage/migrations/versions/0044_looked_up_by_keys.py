"""looked up by keys: PostgreSQL finds what new facts and lines name by their keys, whatever there is

Several of them under one OR, it read whole what it had planned while that was small: all links there
are, once for each posting. What is asked as a value can only be looked up, row by row.

Revision ID: 0044
Revises: 0043
"""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

#: Of a table: which of its columns name a row of which other one, whose id comes first.
NAMED = {
    "facts": (("partners", "partner_id", "programme_id"),),
    "transfers": (
        ("accounts", "debit_id", "programme_id"),
        ("ledger_links", "link_id", "programme_id"),
        ("facts", "fact_id"),
        ("rule_versions", "rule_version_id"),
    ),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, named in NAMED.items():
        names = ", ".join(column for _, column, *_ in named)
        op.execute(
            f"CREATE OR REPLACE FUNCTION {table}_name_what_is_there() RETURNS trigger "
            "LANGUAGE plpgsql SET enable_seqscan = off AS $$ BEGIN "
            f"IF EXISTS (SELECT FROM added WHERE {' OR '.join(map(_is_missing, named))}) "
            f"THEN RAISE EXCEPTION 'what {table} name by {names} is not there' "
            "USING ERRCODE = 'foreign_key_violation'; END IF; RETURN NULL; END $$"
        )


def _is_missing(named: tuple[str, ...]) -> str:
    other, column, *same = named
    # By its id alone: with more to go by it may read all that one programme has.
    told, asked = (same[0], f"added.{same[0]}") if same else ("id", f"added.{column}")
    there = f"SELECT there.{told} FROM {other} AS there WHERE there.id = added.{column}"
    return f"added.{column} IS NOT NULL AND ({there}) IS DISTINCT FROM {asked}"
