"""Every table is held by something that `claims audit verify` looks at, or stands by name among those that are not."""

from pathlib import Path

from claims.store import batch_seals, chain_heads, checking_files, schema, sealed, seals

PAGE = Path("docs/reports.md").read_text(encoding="utf-8")


def listed() -> dict[str, set[str]]:
    """The table of the page: what holds them, and the names of the tables."""
    lines = PAGE.partition("| held by | tables |")[2].partition("\n\n")[0].splitlines()[2:]
    rows = (line.strip("| ").split(" | ") for line in lines)
    return {how: {name.strip("` ") for name in names.split(",")} for how, names in rows}


def test_each_table_is_named_on_the_page_with_what_holds_it():
    """A new table is to be sealed (store.seals, store.batch_seals), chained, read again, or named as not held."""
    held = listed()
    assert set().union(*held.values()) == set(schema.metadata.tables)
    by = {how.split(" (")[0].split(":")[0]: names for how, names in held.items()}
    assert by["a seal for each row"] == set(seals.HELD)
    assert by["a seal for each insert"] == set(batch_seals.CALLED)
    assert by["a chain of hashes"] == {table.name for table in chain_heads.CHAINS} | {"ledger_lines"}
    files = {table.name for table in checking_files.COUNTED}
    assert by["their files, read again"] == files | {"findings", "claim_payers"}
    assert by["the hash that their last event keeps"] == set(sealed.MOVING)
    others = [names for how, names in by.items() if how != "nothing"]
    assert not by["nothing"] & set().union(*others)


def test_no_column_of_money_stands_in_a_table_that_nothing_holds():
    nothing = next(names for how, names in listed().items() if how.startswith("nothing"))
    columns = [column.name for name in nothing for column in schema.metadata.tables[name].columns]
    assert not [name for name in columns if name.endswith("_cents")]
