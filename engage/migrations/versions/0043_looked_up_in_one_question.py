"""looked up in one question: what new lines name is asked of PostgreSQL once, not by four questions

To begin a question took most of what the four of 0038 took of a single fact's lines.

Revision ID: 0043
Revises: 0042
"""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

#: Lines of a posting share their link, and few rules and budgets pay them: those are told apart first.
FEW = "SELECT DISTINCT programme_id, debit_id, link_id, rule_version_id FROM added"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION transfers_name_what_is_there() RETURNS trigger LANGUAGE plpgsql "
        "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$ BEGIN "
        f"IF EXISTS (SELECT FROM ({FEW}) AS named WHERE NOT EXISTS (SELECT FROM accounts AS there "
        "WHERE there.id = named.debit_id AND there.programme_id = named.programme_id) OR NOT EXISTS "
        "(SELECT FROM ledger_links AS there WHERE there.id = named.link_id "
        "AND there.programme_id = named.programme_id) OR named.rule_version_id IS NOT NULL "
        "AND NOT EXISTS (SELECT FROM rule_versions AS there WHERE there.id = named.rule_version_id)) "
        "OR EXISTS (SELECT FROM (SELECT DISTINCT fact_id FROM added) AS named WHERE "
        "named.fact_id IS NOT NULL AND NOT EXISTS "
        "(SELECT FROM facts AS there WHERE there.id = named.fact_id)) "
        "THEN RAISE EXCEPTION 'what transfers name by debit_id, link_id, rule_version_id or fact_id "
        "is not there' USING ERRCODE = 'foreign_key_violation'; END IF; RETURN NULL; END $$"
    )
