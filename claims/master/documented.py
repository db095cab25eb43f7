"""The tables of docs/files.md about master data: ``python -m claims.master.documented`` writes them."""

from __future__ import annotations

import sys
from pathlib import Path

from claims.master.columns import EFFECTIVE, Column, columns

BEGIN, END = "<!-- from claims/master/columns.csv: python -m claims.master.documented -->", "<!-- end -->"


def section() -> str:
    """Give a table of columns for each kind."""
    parts = [_table("Every kind, at its end", EFFECTIVE)]
    parts += [_table(f"`{kind}`", own) for kind, own in columns().items()]
    return "\n".join(parts)


def _table(title: str, own: tuple[Column, ...]) -> str:
    lines = [
        f"### {title}",
        "",
        "| Column | Needed | Kind | What it says | Example |",
        "| --- | --- | --- | --- | --- |",
    ]
    for column in own:
        needed = "yes" if column.is_required else f"`{column.default}`" if column.default else "no"
        name = f"`{column.name}`" + (", key" if column.is_key else "")
        is_said = all(word in column.says.split() for word in column.one_of)
        words = "" if is_said else f"one of {' '.join(column.one_of)}"
        says = "; ".join(text for text in (column.says, words) if text).replace("|", r"\|")
        example = f"`{column.example}`" if column.example else ""
        lines.append(f"| {name} | {needed} | {column.values}, {column.longest} | {says} | {example} |")
    return "\n".join([*lines, ""])


def put_into(page: str) -> str:
    """Give the page with the section between its two marks written anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{section()}\n{END}{after}"


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/files.md")
    target.write_text(put_into(target.read_text(encoding="utf-8")), encoding="utf-8")
