"""What other payers said about a claim in (coordination of benefits), loops 2320, 2330 and 2430 of an 837 out.

Frame `other_payers`, one row per other payer of a claim; beside docs/frames.md, all optional: `relationship_code` (of
the patient to that subscriber, 18), `group_number group_name insurance_type_code`, `noncovered_cents` (AMT*A8),
`remaining_cents` (AMT*EAF, what the patient still owes), `assignment_code` and `release_code` (OI03, OI06: Y),
`remark_codes` (MOA03 to MOA07, blank-separated), `subscriber_last_name subscriber_first_name member_id` (else the
claim's own), `paid_date` (DTP*573: only when no line tells it), `payer_claim_number` (REF*F8), and the address of
subscriber and payer.

Frame `line_adjudications`, one row per SVD: `service_seg`, `seg`, `payer_code` (that of the other payer), `paid_cents`,
`procedure_qualifier procedure_code modifiers revenue_code paid_units_milli`, `bundled_line_number` (SVD06),
`paid_date`, `remaining_cents`. Frame `payer_adjustments`: CAS of either, with `payer_seg` (the `seg` of its row of
`other_payers`) or `adjudication_seg` (of `line_adjudications`), `group_code reason_code amount_cents quantity_milli`
and, to keep the segments of what was read, `ordinal`. Amounts are those of the payer's 835, never negated.
"""

from __future__ import annotations

import numpy as np

from claims.x12.numbers import Integers
from claims.x12.write_adjustments import adjustment_texts
from claims.x12.write_columns import Columns
from claims.x12.write_content import Content
from claims.x12.write_parties import address, identified
from claims.x12.write_pieces import Part, choice, either, filled, gathered, joined, optional, when
from claims.x12.write_providers import loops
from claims.x12.write_rest import Owners, Rest


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
    return joined(
        "SBR*", o.text("payer_sequence", "S"), "*", o.text("relationship_code", "18"), "*", o.text("group_number"),
        "*", o.names("group_name"), "*", o.text("insurance_type_code"), "****", o.text("filing_indicator_code"), "~",
        adjustments_of(content, "payer_seg", o.integers("seg")),
        optional("AMT*D*", o.money("paid_cents")), optional("AMT*A8*", o.money("noncovered_cents")),
        optional("AMT*EAF*", o.money("remaining_cents")), rest.at("2320", owners, "amounts"),
        "OI***", o.text("assignment_code", "Y"), "***", o.text("release_code", "Y"), "~",
        optional("MOA***", o.listed("remark_codes", as_elements=True)), rest.at("2320", owners),
    )  # fmt: skip


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
    if "payer_claim_number" in o:
        rest.take("references", "2330B", ("F8",), owners)
    if "paid_date" in o:
        rest.take("dates", "2330B", ("573",), owners)
    name, code = o.names("payer_name"), identified(payer, "PI", o.text("payer_code"))
    is_person = rest.is_named(person, *(o.text(one) for one in ("subscriber_last_name", "member_id")))
    return joined(
        when(is_person, "NM1*IL*1*", last, "*", first, "****", identified(person, "MI", member), "~"),
        address(o, "subscriber"), rest.at("2330A", owners),
        when(rest.is_named(payer, name, code), "NM1*PR*2*", name, "*****", code, "~"),
        address(o, "payer"), optional("DTP*573*D8*", o.date("paid_date")),
        rest.at("2330B", owners, "dates"), optional("REF*F8*", o.text("payer_claim_number")),
        rest.at("2330B", owners),
        *(rest.at(loop, owners) for loop in loops(kind, "2330") if loop not in ("2330A", "2330B")),
    )  # fmt: skip


def adjustments_of(content: Content, owner: str, keys: Integers) -> Part:
    """Write the CAS of other payers, per payer or per adjudication of a line."""
    if owner not in content.columns("payer_adjustments"):
        return ""
    keys = np.where(keys > 0, keys, -1 - np.arange(len(keys)))  # 0 is nobody's
    rows, number = content.children("payer_adjustments", owner, keys)
    return adjustment_texts(rows, number, len(keys))


def adjudication_texts(content: Content, lines: Columns) -> Part:
    """Write the adjudications of each service line."""
    rows, owner = content.children("line_adjudications", "service_seg", lines.integers("seg"))
    if not len(rows):
        return ""
    texts = joined(
        "SVD*", rows.text("payer_code"), "*", rows.money("paid_cents"), "*", _procedure(rows), "*",
        rows.text("revenue_code"), "*", either(rows.quantity("paid_units_milli"), "1"), "*",
        rows.text("bundled_line_number"), "~", adjustments_of(content, "adjudication_seg", rows.integers("seg")),
        optional("DTP*573*D8*", rows.date("paid_date")), optional("AMT*EAF*", rows.money("remaining_cents")),
    )  # fmt: skip
    return gathered(texts, owner, len(lines))


def _procedure(rows: Columns) -> Part:
    code = rows.text("procedure_code")
    return when(filled(code), rows.text("procedure_qualifier", "HC"), ":", code, ":", rows.listed("modifiers"))
