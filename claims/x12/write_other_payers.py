"""What other payers said about a claim in (coordination of benefits), loops 2320, 2330 and 2430 of an 837 out.

Frame `other_payers`, one row per other payer of a claim; beside docs/frames.md, all optional: `relationship_code` (of
the patient to that subscriber, 18), `group_number group_name insurance_type_code`, `noncovered_cents` (AMT*A8),
`remaining_cents` (AMT*EAF, what the patient still owes), `assignment_code` and `release_code` (OI03, OI06: Y),
`remark_codes` (MOA03 to MOA07, blank-separated), `subscriber_last_name subscriber_first_name member_id` (else the
claim's own), `paid_date` (DTP*573: only when no line tells it), `payer_claim_number` (REF*F8), and the address of
subscriber and payer.

Frame `other_payer_lines`, one row per SVD, all optional beside docs/frames.md: `procedure_qualifier procedure_code
modifiers revenue_code` and `paid_units_milli` (else those of the line), `bundled_line_number` (SVD06), `paid_date`,
`remaining_cents`. Frame `other_payer_adjustments`: CAS of either. A row says by `other_payer_seg` or
`other_payer_line_seg` whose it is; without these columns it belongs to the last payer (last SVD, when it has a
`service_seg`) before it. Amounts are those of the payer's 835, never negated.
"""

from __future__ import annotations

import numpy as np

from claims.errors import FrameError
from claims.x12.numbers import Integers
from claims.x12.write_adjustments import adjustment_texts
from claims.x12.write_columns import Columns
from claims.x12.write_content import Content, positions
from claims.x12.write_parties import identified
from claims.x12.write_pieces import Part, choice, either, filled, gathered, joined, optional, when
from claims.x12.write_providers import loops
from claims.x12.write_rest import Owners, Rest, last_before
from claims.x12.write_who import address, named

_CAS = "other_payer_adjustments"


def other_payer_texts(content: Content, claims: Columns, rest: Rest, kind: str) -> Part:
    """Write the other payers of each claim."""
    payers, owner = content.children("other_payers", "claim_seg", claims.integers("seg"))
    if not len(payers):
        return ""
    texts = joined(_payers(content, payers, rest), _names(payers, claims.at(owner), rest, kind))
    return gathered(texts, owner, len(claims))


def _payers(content: Content, o: Columns, rest: Rest) -> Part:
    """Write SBR, CAS, AMT and OI."""
    owners = Owners("payer", o.integers("seg"))
    rest.take("amounts", "2320", ("D",), owners)
    for column, qualifier in (("noncovered_cents", "A8"), ("remaining_cents", "EAF")):
        if column in o:
            rest.take("amounts", "2320", (qualifier,), owners)
    subscriber = joined(
        "SBR*", o.text("payer_sequence", "S"), "*", o.text("relationship_code", "18"), "*", o.text("group_number"),
        "*", o.names("group_name"), "*", o.text("insurance_type_code"), "****", o.text("filing_indicator_code"), "~",
    )  # fmt: skip
    return joined(
        rest.with_read("SBR", subscriber, owners.keys),
        _adjustments(content, "other_payer_seg", o.integers("seg")),
        optional("AMT*D*", o.money("paid_cents")), optional("AMT*A8*", o.money("noncovered_cents")),
        optional("AMT*EAF*", o.money("remaining_cents")), rest.at("2320", owners, "AMT"),
        rest.over("OI", joined("OI***", o.text("assignment_code", "Y"), "***", o.text("release_code", "Y"), "~"),
                  "2320", owners),
        rest.at("2320", owners, "MIA"), _remarks(o, rest, owners), rest.at("2320", owners),
    )  # fmt: skip


def _remarks(o: Columns, rest: Rest, owners: Owners) -> Part:
    """Write MOA; one that was read has more than remark codes."""
    built = optional("MOA***", o.listed("remark_codes", as_elements=True))
    return rest.over("MOA", built, "2320", owners) if "remark_codes" in o else ""


def _names(o: Columns, holders: Columns, rest: Rest, kind: str) -> Part:
    """Write the subscriber, the payer and the providers as that payer knows them."""
    owners = Owners("payer", o.integers("seg"))
    person = rest.take("parties", "2330A", ("IL",), owners)
    payer = rest.take("parties", "2330B", ("PR",), owners)
    known = person.integers("seg") > 0
    last, first, member = (
        either(o_value, choice(known, row_value, holder_value))
        for o_value, row_value, holder_value in (
            (o.names("subscriber_last_name"), person.names("last_name"), holders.names("subscriber_last_name")),
            (o.names("subscriber_first_name"), person.names("first_name"), holders.names("subscriber_first_name")),
            (o.text("member_id"), person.text("identifier"), holders.text("member_id")),
        )
    )
    if "paid_date" in o:
        rest.take("dates", "2330B", ("573",), owners)
    name, code = o.names("payer_name"), identified(payer, "PI", o.text("payer_code"))
    # A payer that was not read, with no name at all, gets the subscriber of the claim.
    is_new = (person.integers("seg") == 0) & (payer.integers("seg") == 0)
    is_person = rest.is_named(person, *(o.text(one) for one in ("subscriber_last_name", "member_id"))) | is_new
    return joined(
        when(is_person, named(person, "IL", "1", last, first, identified(person, "MI", member), rest)),
        address(o, "subscriber", rest, "2330A", owners), rest.at("2330A", owners),
        when(rest.is_named(payer, name, code), named(payer, "PR", "2", name, payer.names("first_name"), code, rest)),
        address(o, "payer", rest, "2330B", owners), optional("DTP*573*D8*", o.date("paid_date")),
        rest.at("2330B", owners, "DTP"),
        rest.reference(o, "payer_claim_number", "F8", "2330B", owners) if "payer_claim_number" in o else "",
        rest.at("2330B", owners),
        *(rest.at(loop, owners) for loop in loops(kind, "2330") if loop not in ("2330A", "2330B")),
    )  # fmt: skip


def adjudication_texts(content: Content, lines: Columns, rest: Rest) -> Part:
    """Write the adjudications of each service line."""
    rows, owner = content.children("other_payer_lines", "service_seg", lines.integers("seg"))
    if not len(rows):
        return ""
    keys, own = rows.integers("seg"), lines.at(owner)
    for column, name, qualifier in (("paid_date", "dates", "573"), ("remaining_cents", "amounts", "EAF")):
        if column in rows:
            rest.take(name, "2430", (qualifier,), Owners("adjudication", keys))
    told = rows if "procedure_code" in rows else own
    units = either(either(rows.quantity("paid_units_milli"), own.quantity("units_milli")), "1")
    decided = joined(
        "SVD*", rows.text("payer_code"), "*", rows.money("paid_cents"), "*", _procedure(told), "*",
        either(rows.text("revenue_code"), own.text("revenue_code")), "*", units, "*",
        rows.text("bundled_line_number"), "~",
    )  # fmt: skip
    texts = joined(
        rest.with_read("SVD", decided, keys), _adjustments(content, "other_payer_line_seg", keys),
        optional("DTP*573*D8*", rows.date("paid_date")), optional("AMT*EAF*", rows.money("remaining_cents")),
        rest.at("2430", Owners("adjudication", keys)),
    )  # fmt: skip
    return gathered(texts, owner, len(lines))


def _procedure(rows: Columns) -> Part:
    code = rows.text("procedure_code")
    return when(filled(code), rows.text("procedure_qualifier", "HC"), ":", code, ":", rows.listed("modifiers"))


def _adjustments(content: Content, owner: str, keys: Integers) -> Part:
    """Write the CAS of other payers, per payer or per adjudication of a line."""
    rows = content.columns(_CAS)
    if not len(rows):
        return ""
    number = positions(np.where(keys > 0, keys, -1 - np.arange(len(keys))), _owner(content, owner))  # 0 is nobody's
    kept = np.flatnonzero(number >= 0)
    kept = kept[np.lexsort((rows.integers("seg")[kept], number[kept]))]
    return adjustment_texts(rows.at(kept), number[kept], len(keys))


def _owner(content: Content, owner: str) -> Integers:
    """Return the `seg` of the payer or SVD that each CAS row belongs to, 0 for none."""
    rows = content.columns(_CAS)
    if owner in rows:
        return rows.integers(owner)
    above, key = ("other_payers", "claim_seg") if owner == "other_payer_seg" else ("other_payer_lines", "service_seg")
    last = last_before(content.columns(above).integers("seg"), rows.integers("seg"))
    mine = (rows.integers("service_seg") > 0) == (key == "service_seg")
    same = content.matching(above, "seg", last).integers(key) == rows.integers(key)
    if (mine & ~same).any():
        raise FrameError(_CAS, owner, "cannot be told: no other payer stands before the row")
    return np.where(mine, last, 0)
