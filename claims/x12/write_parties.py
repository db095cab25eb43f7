"""Rows of `parties` in, the segments that name them out: NM1, N1."""

from __future__ import annotations

from claims.x12.write_columns import Columns
from claims.x12.write_pieces import Part, choice, either, filled, is_among, joined, when

# People among the parties; others are organisations, unless they have a first name.
_PEOPLE = ("DN", "P3", "DQ", "71", "72", "ZZ", "DK", "DD", "IL", "QC", "74")


def party(c: Columns) -> Part:
    """Write rows of `parties` as NM1."""
    qualifier, first = c.text("qualifier_code"), c.names("first_name")
    kind = either(c.text("entity_code"), choice(filled(first) | is_among(qualifier, _PEOPLE), "1", "2"))
    return joined(
        "NM1*", qualifier, "*", kind, "*", c.names("last_name"), "*", first, "****",
        c.text("identifier_qualifier"), "*", c.text("identifier"), "~",
    )  # fmt: skip


def organisation(c: Columns) -> Part:
    """Write rows of `parties` as N1."""
    return joined(
        "N1*", c.text("qualifier_code"), "*", c.names("last_name"), "*", c.text("identifier_qualifier"), "*",
        c.text("identifier"), "~",
    )  # fmt: skip


def identified(row: Columns, default: Part, identifier: Part) -> Part:
    """Write an identifier after the qualifier of its row of `parties`; nothing where there is none."""
    qualifier = choice(row.integers("seg") > 0, row.text("identifier_qualifier"), default)
    return when(filled(identifier), qualifier, "*", identifier)
