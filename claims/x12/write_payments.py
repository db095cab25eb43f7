"""Claim payments in, the loops 2100 and 2110 of an 835 out: claims, their lines, adjustments and remarks.

Columns beside docs/frames.md, all optional: claim_payments `original_reference` (REF*F8), `interest_cents` (AMT*I),
`coverage_cents` (AMT*AU), `crossover_name` (NM1*TT). Adjustments with a `service_seg` stand at the line, others at the
claim.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from claims.x12.numbers import Integers
from claims.x12.write_adjustments import adjustment_texts
from claims.x12.write_columns import Columns
from claims.x12.write_content import Content
from claims.x12.write_parties import identified
from claims.x12.write_pieces import (
    TEXT,
    Part,
    choice,
    chosen,
    differ,
    either,
    filled,
    flags,
    gathered,
    joined,
    negated,
    optional,
    same,
    when,
)
from claims.x12.write_rest import Owners, Rest

_STARS = pa.array(["*" * count for count in range(32)], TEXT)


def payment_texts(content: Content, claims: Columns, rest: Rest) -> Part:
    """Write each claim payment with its lines."""
    if not len(claims):
        return ""
    keys = claims.integers("seg")
    owners = Owners("claim", keys)
    names = joined(_patient(claims, owners, rest), rest.at("2100", owners, "NM1"))
    for column, qualifier in (("interest_cents", "I"), ("coverage_cents", "AU")):
        if column in claims:
            rest.take("amounts", "2100", (qualifier,), owners)
    if "original_reference" in claims:
        rest.take("references", "2100", ("F8",), owners)
    for qualifier in ("232", "233", "050"):
        rest.take("dates", "2100", (qualifier,), owners)
    lines, of_claim = content.children("service_payments", "claim_seg", keys)
    return joined(
        _claim(claims), _claim_adjustments(content, keys), names, _claim_remarks(content, keys),
        optional("REF*F8*", claims.text("original_reference")), rest.at("2100", owners, "REF"),
        optional("DTM*232*", claims.date("statement_from_date")),
        optional("DTM*233*", claims.date("statement_to_date")),
        optional("DTM*050*", claims.date("received_date")), rest.at("2100", owners, "DTM"),
        optional("AMT*AU*", claims.money("coverage_cents")),
        optional("AMT*I*", claims.money("interest_cents", zero="")), rest.at("2100", owners),
        _remarks(content, "claim_seg", keys),
        gathered(_line_texts(content, lines, rest), of_claim, len(claims)),
    )  # fmt: skip


def _claim(c: Columns) -> Part:
    return joined(
        "CLP*", c.text("claim_number", "0"), "*", c.text("status_code"), "*", c.money("charge_cents"), "*",
        c.money("paid_cents"), "*", c.money("patient_responsibility_cents", zero=""), "*",
        c.text("filing_indicator_code"), "*", c.text("payer_claim_number"), "*", c.text("facility_code"), "*",
        c.text("frequency_code"), "~",
    )  # fmt: skip


def _patient(c: Columns, owners: Owners, rest: Rest) -> Part:
    """Write the patient; the next payer (NM1*TT) of a claim that was passed on."""
    row = rest.take("parties", "2100", ("QC",), owners)
    insured = rest.take("parties", "2100", ("IL",), owners)
    member = c.text("member_id")
    # The member id may have been that of the insured alone.
    is_insured = negated(filled(row.text("identifier"))) & filled(insured.text("identifier"))
    own = when(negated(is_insured), identified(row, "MI", member))
    theirs = joined(
        "NM1*IL*1*", insured.names("last_name"), "*", insured.names("first_name"), "****",
        insured.text("identifier_qualifier"), "*", choice(is_insured, member, insured.text("identifier")), "~",
    )  # fmt: skip
    to = rest.take("parties", "2100", ("TT",), owners)
    onward = joined(
        "NM1*TT*2*", either(c.names("crossover_name"), to.names("last_name")), "*****",
        to.text("identifier_qualifier"), "*", to.text("identifier"), "~",
    )  # fmt: skip
    last, first = c.names("patient_last_name"), c.names("patient_first_name")
    return joined(
        when(rest.is_named(row, last, first, own), "NM1*QC*1*", last, "*", first, "****", own, "~"),
        when(insured.integers("seg") > 0, theirs), when(c.flags("is_crossover"), onward),
    )  # fmt: skip


def _claim_adjustments(content: Content, keys: Integers) -> Part:
    """Write the adjustments of the claims' own level, which have no service."""
    rows, owner = content.children("adjustments", "claim_seg", keys)
    own = np.flatnonzero(rows.integers("service_seg") == 0) if "service_seg" in rows else np.arange(len(rows))
    return adjustment_texts(rows.at(own), owner[own], len(keys))


def _claim_remarks(content: Content, keys: Integers) -> Part:
    """Write the MIA or MOA of each claim from its remarks; `ordinal` is the element that holds the code."""
    rows, owner = content.children("remarks", "claim_seg", keys)
    found: list[Part] = []
    for source, first, at in (("MIA", "MIA*0", 1), ("MOA", "MOA", 0)):  # MIA01, covered days, may not be absent
        kept = np.flatnonzero(flags(same(rows.text("source"), source), len(rows)))
        if not len(kept):
            continue
        number, place = owner[kept], rows.integers("ordinal")[kept]
        opens = np.append(True, (number[1:] != number[:-1]) | (place[1:] <= place[:-1]))
        gap = np.where(opens, place - at, place - np.append(0, place[:-1]))
        codes = rows.at(kept).text("remark_code")
        ends = when(np.append(opens[1:], True), "~")
        texts = joined(when(opens, first), chosen(_STARS, np.clip(gap, 0, 31)), codes, ends)
        found.append(gathered(texts, number, len(keys)))
    return joined(*found)


def _line_texts(content: Content, lines: Columns, rest: Rest) -> Part:
    keys = lines.integers("seg")
    owners = Owners("service", keys)
    adjustments, owner = content.children("adjustments", "service_seg", keys)
    rest.take("references", "2110", ("6R",), owners)
    rest.take("amounts", "2110", ("B6",), owners)
    return joined(
        _service(lines), _dates(lines, owners, rest), rest.at("2110", owners, "DTM"),
        adjustment_texts(adjustments, owner, len(keys)),
        optional("REF*6R*", lines.text("line_control_number")), rest.at("2110", owners, "REF"),
        optional("AMT*B6*", lines.money("allowed_cents")), rest.at("2110", owners),
        _remarks(content, "service_seg", keys),
    )  # fmt: skip


def _service(s: Columns) -> Part:
    kind, code, revenue = s.text("procedure_qualifier", "HC"), s.text("procedure_code"), s.text("revenue_code")
    billed = s.text("submitted_procedure_code")
    # A revenue code in the place of the procedure is not said twice.
    is_said = same(kind, "NU") & same(revenue, code)
    return joined(
        "SVC*", kind, ":", code, ":", s.listed("modifiers"), "*", s.money("charge_cents"), "*",
        s.money("paid_cents"), "*", choice(is_said, "", revenue), "*",
        s.quantity("paid_units_milli"), "*",
        when(filled(billed), kind, ":", billed, ":", s.listed("submitted_modifiers")), "~",
    )  # fmt: skip


def _dates(s: Columns, owners: Owners, rest: Rest) -> Part:
    """Write a day (472), or a period (150, 151)."""
    is_period = rest.take("dates", "2110", ("150",), owners).integers("seg") > 0
    rest.take("dates", "2110", ("151",), owners)
    single = rest.take("dates", "2110", ("472",), owners)
    start, end = s.date("service_date"), s.date("service_to_date")
    is_period = (is_period & (single.integers("seg") == 0)) | (filled(end) & differ(start, end))
    return when(
        filled(start),
        choice(is_period, "DTM*150*", "DTM*472*"), start, "~",
        when(is_period, optional("DTM*151*", end)),
    )  # fmt: skip


def _remarks(content: Content, owner_column: str, keys: Integers) -> Part:
    """Write the LQ of claims or lines."""
    rows, owner = content.children("remarks", owner_column, keys)
    if owner_column == "claim_seg":
        own = np.flatnonzero(flags(same(rows.text("source"), "LQ"), len(rows)) & (rows.integers("service_seg") == 0))
        rows, owner = rows.at(own), owner[own]
    return gathered(joined("LQ*HE*", rows.text("remark_code"), "~"), owner, len(keys)) if len(rows) else ""
