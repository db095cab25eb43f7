"""The page about our files says of each column of a charges CSV what the table says."""

from __future__ import annotations

from pathlib import Path

from claims.charges import columns, read_charges

PAGE = Path(__file__).resolve().parents[2] / "docs" / "files.md"
HEAD = "| Column | Claims | Needed | Kind | What it says | Example |"


def page_rows() -> list[str]:
    """Write the table of columns as the page has it."""
    rows = [HEAD, "| --- | --- | --- | --- | --- | --- |"]
    for row in columns().itertuples():
        needed = "yes" if row.needed == row.claim_types else f"for {' '.join(row.needed)}" if row.needed else "no"
        needed = f"`{row.default}`" if row.default and not row.needed else needed
        kind = f"{row.kind}, {row.longest}"
        example = f"`{row.example}`" if row.example else ""
        rows.append(f"| `{row.column}` | {' '.join(row.claim_types)} | {needed} | {kind} | {row.says} | {example} |")
    return rows


def test_the_page_has_the_table_as_it_is():
    assert "\n".join(page_rows()) in PAGE.read_text(encoding="utf-8")


def test_the_examples_of_the_page_read():
    text = PAGE.read_text(encoding="utf-8").split("## Bank")[0]
    examples = [part.split("```")[0].encode() for part in text.split("```csv\n")[1:]]
    files = [read_charges(example) for example in examples]
    assert [file.findings["message"].tolist() for file in files] == [[]] * len(files)
    assert [file.claims["kind"].tolist() for file in files] == [["P"], ["I", "D"]]
    assert [file.claims["charge_cents"].tolist() for file in files] == [[22500], [480000, 26000]]
