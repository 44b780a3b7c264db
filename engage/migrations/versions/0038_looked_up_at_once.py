"""looked up at once: PostgreSQL looks up what new facts and lines name once a statement

Its own foreign keys look up each name of each row by itself, which was most of what an import cost.
What these name stays for good, whatever the statement (0020, 0031), and what they name never changes:
so all there is left to ask is whether it is there, and that can be asked of all new rows together.
Whose account a line credits stays a key: it holds where somebody takes the triggers off. SQLite, where
keys cost a tenth, keeps them all.

Revision ID: 0038
Revises: 0037
"""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

#: Of a table: its foreign keys that go, and what is looked up in their place: in which table, and
#: which column there has the value of which one here. A fact's programme is that of its partner.
LOOKED_UP = {
    "facts": (
        ("partner_id", "programme_id"),
        (("partners", {"id": "partner_id", "programme_id": "programme_id"}),),
    ),
    "transfers": (
        ("debit_id_programme_id", "link_id_programme_id", "fact_id", "rule_version_id"),
        (
            ("accounts", {"id": "debit_id", "programme_id": "programme_id"}),
            ("ledger_links", {"id": "link_id", "programme_id": "programme_id"}),
            ("facts", {"id": "fact_id"}),
            ("rule_versions", {"id": "rule_version_id"}),
        ),
    ),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, (keys, named) in LOOKED_UP.items():
        for key in keys:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT fk_{table}_{key}")
        asked = "".join(_refused(table, other, same) for other, same in named)
        # Through their indexes, however few rows there are when it is planned: who reads a whole
        # table would be in the way of everybody who adds to it.
        op.execute(
            f"CREATE FUNCTION {table}_name_what_is_there() RETURNS trigger LANGUAGE plpgsql "
            "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off "
            f"AS $$ BEGIN {asked} RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_name_what_is_there AFTER INSERT ON {table} REFERENCING "
            "NEW TABLE AS added FOR EACH STATEMENT "
            f"EXECUTE FUNCTION {table}_name_what_is_there()"
        )


def _refused(table: str, other: str, same: dict[str, str]) -> str:
    """What refuses new rows that name a row of another table which is not there."""
    names = ", ".join(same.values())
    there = " AND ".join(f"there.{key} = named.{name}" for key, name in same.items())
    return (
        f"IF EXISTS (SELECT FROM (SELECT DISTINCT {names} FROM added) AS named "
        f"WHERE named.{same['id']} IS NOT NULL "
        f"AND NOT EXISTS (SELECT FROM {other} AS there WHERE {there})) "
        f"THEN RAISE EXCEPTION 'what {table} name by {names} is not in {other}' "
        "USING ERRCODE = 'foreign_key_violation'; END IF; "
    )
