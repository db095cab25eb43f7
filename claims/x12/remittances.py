"""What is special to an 835: its frames of one window in; fall-backs, remarks, checks and sums out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from claims.findings import HOLD, NOTE
from claims.x12 import balance
from claims.x12.extract import Extract
from claims.x12.listed import listed
from claims.x12.numbers import Integers, Values, pack, together
from claims.x12.segments import CODES
from claims.x12.texts import named, texts, upper
from claims.x12.window import Window

if TYPE_CHECKING:
    from claims.x12.sets import SetReader

_FIRST_BYTE = np.uint64(0xFF)
# Remark codes: the segment, and the elements that hold one.
_REMARKS = (("LQ", (2,)), ("MOA", (3, 4, 5, 6, 7)), ("MIA", (5, 20, 21, 22, 23)))
# Groups of elements: the segment, its first reason and its first amount, how far apart the groups are.
_GROUPS = (("CAS", 2, 3, 3, "999 IK403 2"), ("PLB", 3, 4, 2, "999 IK403 2"))
_DENIED, _REVERSAL, _HEALTH_CARE_REMARK, _REVENUE_CODE, _DEBIT = (
    np.uint64(pack(code)) for code in ("4", "22", "HE", "NU", "D")
)


def complete(reader: SetReader, found: dict[str, Extract | None]) -> None:
    """Fill in, check and count the frames of an 835."""
    claims, lines = found["claim_payments"], found["service_payments"]
    adjustments, provider = found["adjustments"], found["provider_adjustments"]
    if lines is not None:
        _complete_lines(lines)
    reader.orphans(lines, "CLP")
    _incomplete_groups(reader, adjustments)
    if provider is not None:
        _zero_adjustments(reader, provider)
    checked = balance.remittance(reader.window, claims, lines, adjustments)
    reader.findings += checked.findings
    reader.count("claims", claims)
    reader.count("service_lines", lines)
    reader.count("adjustments", adjustments)
    reader.sum("charge_cents", claims, "charge_cents")
    reader.sum("paid_cents", claims, "paid_cents")
    reader.sum("plb_cents", provider, "amount_cents")
    if claims is not None:
        values = claims.values_of["status_code"]
        status = values.code if values else np.zeros(len(claims), np.uint64)
        reader.tally("denied_status_claims", claims.rows[status == _DENIED])
        reader.tally("reversals", claims.rows[status == _REVERSAL])
        reader.tally("claim_off", claims.rows[~checked.claim_good])
    if lines is not None:
        reader.tally("line_off", lines.rows[~checked.line_good])
    if found["remittances"] is not None:
        _payment(reader, found["remittances"])


def _complete_lines(lines: Extract) -> None:
    """A missing count of units means one; a revenue code may stand in place of the procedure (qualifier NU)."""
    units, columns = lines.values_of["paid_units_milli"], lines.columns
    sent = units.length > 0 if units else np.zeros(len(lines), np.bool_)
    if not sent.all():
        columns["paid_units_milli"] = np.where(sent, columns["paid_units_milli"], 1000)
    qualifier = lines.values_of.get("procedure_qualifier")
    if qualifier and (qualifier.code == _REVENUE_CODE).any():
        is_revenue = pc.and_(pc.equal(columns["procedure_qualifier"], "NU"), pc.equal(columns["revenue_code"], ""))
        columns["revenue_code"] = pc.if_else(is_revenue, columns["procedure_code"], columns["revenue_code"])


def _incomplete_groups(reader: SetReader, adjustments: Extract | None) -> None:
    """Hold sets in which a reason has no amount (PLB) or an amount has no reason (CAS, PLB).

    The reason of a PLB is the first component of its element: a reference alone is none.
    """
    window = reader.window
    component = np.uint64(window.tokens.delimiters.component)
    for name, first_reason, first_value, step, ack_code in _GROUPS:
        rows = window.rows.of(CODES[name])
        # Each CAS has a first reason, as almost always: then only the further groups can be incomplete.
        is_begun = name == "CAS" and adjustments is not None and int((adjustments.repeat == 0).sum()) == len(rows)
        for number in range(int(is_begun), 6):
            reason, value = first_reason + number * step, first_value + number * step
            reasons, amounts = window.rows.values(CODES[name], reason), window.rows.values(CODES[name], value)
            if reasons is None:
                break
            is_sent = has_reason = reasons.length > 0
            if name == "PLB":
                has_reason = is_sent & ((reasons.eight & _FIRST_BYTE) != component)
            has_amount = amounts.length > 0 if amounts else np.zeros(len(rows), np.bool_)
            wrong = (has_amount if name == "CAS" else has_amount | is_sent) & ~(has_amount & has_reason)
            at = np.flatnonzero(wrong)
            place = f"{name}{reason:02d}"
            for number_of in at[listed(window.owners, rows[at], "adjustment-incomplete", HOLD, place)].tolist():
                row, missing = int(rows[number_of]), value if name == "PLB" and has_reason[number_of] else reason
                reader.find(
                    row, "adjustment-incomplete", HOLD, f"{name}{missing:02d}",
                    "a reason and its amount do not both stand here; transaction set held",
                    expected="reason and amount", ack_code=ack_code,
                )  # fmt: skip


def _zero_adjustments(reader: SetReader, provider: Extract) -> None:
    """Note provider adjustments of 0: a PLB says what lowers or raises the payment, and 0 does neither."""
    values = provider.values_of["amount_cents"]
    is_zero = np.asarray(provider.columns["amount_cents"]) == 0
    if values is None or not is_zero.any():
        return
    is_zero &= values.length > 0
    if (flags := provider.unreadable.get("amount_cents")) is not None:
        is_zero &= ~flags
    at = np.flatnonzero(is_zero)
    for row in at[listed(reader.window.owners, provider.rows[at], "provider-adjustment-zero", NOTE, "PLB")].tolist():
        reader.find(
            int(provider.rows[row]), "provider-adjustment-zero", NOTE, f"PLB{4 + 2 * int(provider.repeat[row]):02d}",
            "a provider adjustment has the amount 0; read on", found="0", expected="an amount above or below zero",
        )  # fmt: skip


def _payment(reader: SetReader, payments: Extract) -> None:
    cents, side = np.asarray(payments.columns["payment_cents"]), payments.values_of["credit_debit_code"]
    if side is not None and (side.code == _DEBIT).any():
        # A debit takes the amount back from the payee: below zero, as the claims of such a set add up.
        cents = payments.columns["payment_cents"] = np.where(side.code == _DEBIT, -np.abs(cents), cents)
    values = cents.tolist()
    for row, value in zip(payments.rows.tolist(), values, strict=True):
        own = reader.own(row)
        if "payment_seg" in own.totals:
            reader.find(
                row, "segment-repeated", HOLD, "BPR", "a second payment in one transaction set; transaction set held",
                expected="one BPR", ack_code="999 IK304 5",
            )  # fmt: skip
            continue
        own.totals["payment_seg"] = int(reader.window.seg(row))
        own.totals["payment_offset"] = int(reader.window.tokens.offset[row])
        own.totals["payment_cents"] = value


def remarks(window: Window) -> Extract | None:
    """Return one row per remark code, in file order; `ordinal` is the element it stands in."""
    parts: list[tuple[Integers, Values, int, str]] = []
    for name, elements in _REMARKS:
        rows = window.rows.of(CODES[name])
        for element in elements:
            values = window.rows.values(CODES[name], element)
            if values is None:
                continue
            sent = values.length > 0
            if name == "LQ":
                kinds = window.rows.values(CODES[name], 1)
                sent &= False if kinds is None else kinds.code == _HEALTH_CARE_REMARK
            at = np.flatnonzero(sent)
            if len(at):
                parts.append((rows[at], values.take(at), element, name))
    if not parts:
        return None
    lengths = [len(part[0]) for part in parts]
    found, elements_of = np.concatenate([part[0] for part in parts]), np.repeat([part[2] for part in parts], lengths)
    source, values = np.repeat(np.arange(len(parts)), lengths), together([part[1] for part in parts])
    if len(parts) > 1:
        order = np.lexsort((elements_of, found))
        found, elements_of, source, values = found[order], elements_of[order], source[order], values.take(order)
    columns = {
        "ordinal": elements_of,
        "source": named(tuple(part[3] for part in parts), source),
        "remark_code": upper(texts(window.tokens, values)),
    }
    return Extract(found, np.zeros(len(found), np.int64), columns)
