"""Columns about who somebody is in, the segments that name them out: NM1, N1, N3, N4, PER, DMG."""

from __future__ import annotations

from claims.x12.write_columns import Columns
from claims.x12.write_pieces import Part, choice, filled, is_among, joined, optional, when

# People among the parties; others are organisations, unless they have a first name.
_PEOPLE = ("DN", "P3", "DQ", "71", "72", "ZZ", "DK", "DD", "IL", "QC", "74")


def party(c: Columns) -> Part:
    """Write rows of `parties` as NM1."""
    qualifier, first = c.text("qualifier_code"), c.names("first_name")
    return joined(
        "NM1*", qualifier, "*", choice(filled(first) | is_among(qualifier, _PEOPLE), "1", "2"), "*",
        c.names("last_name"), "*", first, "****", c.text("identifier_qualifier"), "*", c.text("identifier"), "~",
    )  # fmt: skip


def organisation(c: Columns) -> Part:
    """Write rows of `parties` as N1."""
    return joined(
        "N1*", c.text("qualifier_code"), "*", c.names("last_name"), "*", c.text("identifier_qualifier"), "*",
        c.text("identifier"), "~",
    )  # fmt: skip


def identified(row: Columns, default: str, identifier: Part) -> Part:
    """Write an identifier after the qualifier of its row of `parties`; nothing where there is none."""
    qualifier = choice(row.integers("seg") > 0, row.text("identifier_qualifier"), default)
    return when(filled(identifier), qualifier, "*", identifier)


def address(c: Columns, who: str) -> Part:
    """Write N3 and N4, as far as they are known."""
    city = c.names(f"{who}_city")
    return joined(
        optional("N3*", c.names(f"{who}_address")),
        when(filled(city), "N4*", city, "*", c.text(f"{who}_state"), "*", c.text(f"{who}_zip"), "~"),
    )


def contact(function: str, name: Part, phone: Part) -> Part:
    """Write a PER."""
    return when(filled(phone), f"PER*{function}*", name, "*TE*", phone, "~")


def demographics(birth: Part, gender: Part) -> Part:
    """Write a DMG."""
    return when(filled(birth), "DMG*D8*", birth, "*", gender, "~")
