"""Providers of claims in, their loops 2310 out, in the order of the guide.

Columns of `claims`, all optional, for each role R of a set: `R_npi`, `R_last_name`, `R_first_name`, `R_taxonomy`; of a
facility `facility_npi`, `facility_name`, `facility_address facility_city facility_state facility_zip`. Others, and what
these do not tell, are taken from `parties` and `references`.
"""

from __future__ import annotations

from claims.x12.layout import plan
from claims.x12.numbers import pack
from claims.x12.write_columns import Columns
from claims.x12.write_pieces import Part, differ, either, filled, joined, optional, when
from claims.x12.write_rest import Owners, Rest
from claims.x12.write_who import address, named

# Qualifier (NM101) of each role, and whose taxonomy is sent as what (PRV01).
_ROLES = {
    "attending": ("71", "AT"),
    "operating": ("72", ""),
    "other_operating": ("ZZ", ""),
    "rendering": ("82", "PE"),
    "referring": ("DN", "RF"),
    "assistant": ("DD", "AS"),
    "supervising": ("DQ", ""),
    "facility": ("77", ""),
}


def provider_texts(claims: Columns, rest: Rest, kind: str) -> Part:
    """Write all providers of each claim."""
    owners = Owners("claim", claims.integers("seg"))
    return joined(*(_loop(claims, loop, owners, rest, kind) for loop in loops(kind, "2310")))


def loops(kind: str, beginning: str) -> list[str]:
    """Name the loops of a set that begin so, in order."""
    return [loop for loop in plan(f"837{kind}").loops if loop.startswith(beginning)]


def _loop(c: Columns, loop: str, owners: Owners, rest: Rest, kind: str) -> Part:
    found = plan(f"837{kind}")
    opened = [own for step in found.passes for own in step if found.loops[own.loop] == loop]
    codes = {code for own in opened for code in own.qualifiers}
    roles = [role for role, (qualifier, _) in _ROLES.items() if pack(qualifier) in codes]
    return joined(*(_provider(c, role, loop, owners, rest) for role in roles), rest.at(loop, owners))


def _provider(c: Columns, role: str, loop: str, owners: Owners, rest: Rest) -> Part:
    qualifier, purpose = _ROLES[role]
    if not any(f"{role}_{name}" in c for name in ("npi", "name", "last_name")):
        return ""
    row = rest.take("parties", loop, (qualifier,), owners)
    taxonomy: Part = ""
    if f"{role}_taxonomy" in c and purpose:
        told = rest.take("taxonomies", loop, (purpose,), owners)
        taxonomy = optional(
            joined(f"PRV*{purpose}*", told.text("qualifier_code", "PXC"), "*"), c.text(f"{role}_taxonomy")
        )
    npi, first = c.text(f"{role}_npi"), either(c.names(f"{role}_first_name"), row.names("first_name"))
    last = either(c.names("facility_name" if role == "facility" else f"{role}_last_name"), row.names("last_name"))
    # The billing provider is not named again, unless it was so in what was read.
    is_sent = (filled(npi) & differ(npi, c.text("billing_npi"))) | (row.integers("seg") > 0)
    if role != "rendering":
        is_sent = filled(npi) | filled(last) | is_sent
    number = when(filled(npi), row.text("identifier_qualifier", "XX"), "*", npi)
    return when(
        is_sent,
        named(row, qualifier, "2" if role == "facility" else "1", last, first, number, rest),
        taxonomy,
        address(c, role, rest, loop, owners) if role == "facility" else "",
    )
