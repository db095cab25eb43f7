"""Columns about who somebody is in, NM1, N3, N4, PER and DMG out, as far as anything is known."""

from __future__ import annotations

from claims.x12.write_columns import Columns
from claims.x12.write_pieces import Mask, Part, either, filled, joined, optional, when
from claims.x12.write_rest import Owners, Rest

_OF_PHONE = r"[^*]*\*[^*]*\*TE(\*|$)"


def named(row: Columns, qualifier: str, kind: Part, last: Part, first: Part, identifier: Part, rest: Rest) -> Part:
    """Write a NM1; what else it was read with says its `row` of `parties`. `identifier` begins with its qualifier."""
    kind = either(row.text("entity_code"), kind)
    built = joined(f"NM1*{qualifier}*", kind, "*", last, "*", first, "****", identifier, "~")
    return rest.with_read("NM1", built, row.integers("seg"))


def address(c: Columns, who: str, rest: Rest, loop: str, owners: Owners, only: Mask = True) -> Part:
    """Write N3 and N4; where `only` does not hold, only those that were read."""
    street = city = ""
    if f"{who}_address" in c:
        street = rest.over("N3", optional("N3*", c.names(f"{who}_address")), loop, owners, only=only)
    if f"{who}_city" in c:
        names = [c.names(f"{who}_city"), c.text(f"{who}_state"), c.text(f"{who}_zip")]
        is_known = filled(names[0]) | filled(names[1]) | filled(names[2])
        city = rest.over(
            "N4", when(is_known, "N4*", names[0], "*", names[1], "*", names[2], "~"), loop, owners, only=only
        )
    return joined(street, city)


def contact(c: Columns, who: str, function: str, rest: Rest, loop: str, owners: Owners) -> Part:
    """Write a PER with a telephone number."""
    if f"{who}_phone" not in c:
        return ""
    name, phone = c.names(f"{who}_contact"), c.text(f"{who}_phone")
    built = when(filled(phone), f"PER*{function}*", name, "*TE*", phone, "~")
    return rest.over("PER", built, loop, owners, like=_OF_PHONE)


def demographics(birth: Part, gender: Part, rest: Rest, loop: str, owners: Owners, only: Mask = True) -> Part:
    """Write a DMG."""
    built = when(filled(birth), "DMG*D8*", birth, "*", gender, "~")
    return rest.over("DMG", built, loop, owners, only=only)
