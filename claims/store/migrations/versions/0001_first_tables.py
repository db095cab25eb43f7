"""All tables, from the SQL file beside this one, and triggers that keep journals and the audit chain append-only."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("journals", "ledger_lines", "audit_events")


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


def _body(engine_name: str, table: str) -> str:
    if engine_name == "postgresql":
        return "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    return f"BEGIN SELECT RAISE(ABORT, 'table {table} is append-only'); END"
