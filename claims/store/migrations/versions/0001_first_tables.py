"""All tables, from the SQL file beside this one, and triggers.

They keep journals, the audit chain, events of cases and exceptions, reasons, seals and closed periods append-only, and
journals out of periods that are closed.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "journals",
    "ledger_lines",
    "audit_events",
    "closed_periods",
    "contract_states",
    "variance_events",
    "denial_events",
    "exception_events",
    "row_seals",
    "act_reasons",
)


def upgrade() -> None:
    """Create everything."""
    connection = op.get_bind()
    engine_name = connection.dialect.name
    script = Path(__file__).with_suffix(f".{engine_name}.sql").read_text(encoding="utf-8")
    for statement in script.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
    if engine_name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME; END $$"
        )
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} {_body(engine_name, table)}"
            )
        if engine_name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
    _close_periods(engine_name)


def _close_periods(engine_name: str) -> None:
    """Refuse journals on days that are closed."""
    is_closed = "EXISTS (SELECT 1 FROM closed_periods WHERE through_date >= NEW.posting_date)"
    if engine_name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_closed_period() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {is_closed} THEN RAISE EXCEPTION 'the period is closed'; END IF; RETURN NEW; END $$"
        )
        body = "FOR EACH ROW EXECUTE FUNCTION refuse_closed_period()"
    else:
        body = f"WHEN {is_closed} BEGIN SELECT RAISE(ABORT, 'the period is closed'); END"
    op.execute(f"CREATE TRIGGER journals_in_open_periods BEFORE INSERT ON journals {body}")


def _body(engine_name: str, table: str) -> str:
    if engine_name == "postgresql":
        return "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    return f"BEGIN SELECT RAISE(ABORT, 'table {table} is append-only'); END"
