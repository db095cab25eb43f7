"""The table of docs/files.md about patients' payments: ``python -m claims.ledger.documented`` writes it."""

from __future__ import annotations

import sys
from pathlib import Path

from claims.ledger.patient_file import columns

BEGIN, END = "<!-- from claims/ledger/patient_columns.csv: python -m claims.ledger.documented -->", "<!-- end of it -->"


def section() -> str:
    """Give the table of columns."""
    lines = ["| Column | Needed | Kind | What it says | Example |", "| --- | --- | --- | --- | --- |"]
    for row in columns().to_dict("records"):
        example = f"`{row['example']}`" if row["example"] else ""
        kind = f"{row['kind']}, {row['longest']}"
        lines.append(f"| `{row['column']}` | {row['needed'] or 'no'} | {kind} | {row['says']} | {example} |")
    return "\n".join(lines)


def put_into(page: str) -> str:
    """Give the page with the table between its two marks written anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{section()}\n\n{END}{after}"


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/files.md")
    target.write_text(put_into(target.read_text(encoding="utf-8")), encoding="utf-8")
