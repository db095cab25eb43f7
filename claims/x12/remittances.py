"""What is special to an 835: its frames of one window in; fall-backs, remarks, checks and sums out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from claims.findings import HOLD
from claims.x12 import balance
from claims.x12.extract import Extract, Window
from claims.x12.numbers import Integers, pack
from claims.x12.segments import CODES, IDS

if TYPE_CHECKING:
    from claims.x12.sets import SetReader

# Remark codes: the segment, and the elements that hold one.
_REMARKS = (("LQ", (2,)), ("MOA", (3, 4, 5, 6, 7)), ("MIA", (5, 20, 21, 22, 23)))
# Groups of elements: the segment, its first reason and its first amount, how far apart the groups are.
_GROUPS = (("CAS", 2, 3, 3, "999 IK403 2"), ("PLB", 3, 4, 2, "999 IK403 2"))
_DENIED, _REVERSAL, _HEALTH_CARE_REMARK = (np.uint64(pack(code)) for code in ("4", "22", "HE"))


def complete(reader: SetReader, found: dict[str, Extract | None]) -> None:
    """Fill in, check and count the frames of an 835."""
    claims, lines = found["claim_payments"], found["service_payments"]
    adjustments, provider = found["adjustments"], found["provider_adjustments"]
    if lines is not None:
        _complete_lines(reader.window, lines)
    reader.orphans(lines, "CLP")
    _incomplete_groups(reader, adjustments)
    checked = balance.remittance(reader.window, claims, lines, adjustments)
    reader.findings += checked.findings
    reader.count("claims", claims)
    reader.count("service_lines", lines)
    reader.count("adjustments", adjustments)
    reader.sum("charge_cents", claims, "charge_cents")
    reader.sum("paid_cents", claims, "paid_cents")
    reader.sum("plb_cents", provider, "amount_cents")
    if claims is not None:
        status = reader.window.tokens.words(claims.rows, 2)
        reader.tally("denied_status_claims", claims.rows[status == _DENIED])
        reader.tally("reversals", claims.rows[status == _REVERSAL])
        reader.tally("claim_off", claims.rows[~checked.claim_good])
    if lines is not None:
        reader.tally("line_off", lines.rows[~checked.line_good])
    if found["remittances"] is not None:
        _payment(reader, found["remittances"])


def _complete_lines(window: Window, lines: Extract) -> None:
    """A missing count of units means one; a revenue code may stand in place of the procedure (qualifier NU)."""
    tokens, units = window.tokens, lines.tokens_of["paid_units_milli"]
    sent = tokens.te[units] > tokens.ts[units]
    columns = lines.columns
    columns["paid_units_milli"] = np.where(sent, columns["paid_units_milli"], 1000)
    is_revenue = pc.and_(pc.equal(columns["procedure_qualifier"], "NU"), pc.equal(columns["revenue_code"], ""))
    if pc.any(is_revenue).as_py():
        columns["revenue_code"] = pc.if_else(is_revenue, columns["procedure_code"], columns["revenue_code"])


def _incomplete_groups(reader: SetReader, adjustments: Extract | None) -> None:
    """Hold sets in which a reason has no amount (PLB) or an amount has no reason (CAS, PLB)."""
    tokens = reader.window.tokens
    for name, first_reason, first_value, step, ack_code in _GROUPS:
        rows = reader.window.rows.of(CODES[name])
        # Each CAS has a first reason, as almost always: then only the further groups can be incomplete.
        is_begun = name == "CAS" and adjustments is not None and int((adjustments.repeat == 0).sum()) == len(rows)
        for number in range(int(is_begun), 6):
            reason, value = first_reason + number * step, first_value + number * step
            rows = rows[tokens.last[rows] - tokens.first[rows] >= reason]
            if not len(rows):
                break
            first, second = tokens.at(rows, reason), tokens.at(rows, value)
            has_reason = tokens.te[first] > tokens.ts[first]
            has_amount = tokens.te[second] > tokens.ts[second]
            wrong = has_amount & ~has_reason if name == "CAS" else has_amount != has_reason
            for row in rows[wrong].tolist():
                missing = value if name == "PLB" and bool(has_reason[rows == row][0]) else reason
                reader.find(
                    row, "adjustment-incomplete", HOLD, f"{IDS[int(tokens.code[row])]}{missing:02d}",
                    "a reason and its amount do not both stand here; transaction set held",
                    expected="reason and amount", ack_code=ack_code,
                )  # fmt: skip


def _payment(reader: SetReader, payments: Extract) -> None:
    values = np.asarray(payments.columns["payment_cents"]).tolist()
    for row, value in zip(payments.rows.tolist(), values, strict=True):
        own = reader.transactions[int(reader.owner[row])]
        if "payment_seg" in own.totals:
            reader.find(
                row, "segment-repeated", HOLD, "BPR", "a second payment in one transaction set; transaction set held",
                expected="one BPR", ack_code="999 IK304 5",
            )  # fmt: skip
            continue
        own.totals["payment_seg"] = int(reader.window.seg[row])
        own.totals["payment_offset"] = int(reader.window.tokens.offset[row])
        own.totals["payment_cents"] = value


def remarks(window: Window) -> Extract | None:
    """Return one row per remark code, in file order; `ordinal` is the element it stands in."""
    tokens = window.tokens
    parts: list[tuple[Integers, int, str]] = []
    for name, elements in _REMARKS:
        rows = window.rows.of(CODES[name])
        if not len(rows):
            continue
        if name == "LQ":
            rows = rows[window.rows.qualifiers(CODES[name], 1) == _HEALTH_CARE_REMARK]
        for element in elements:
            token = tokens.at(rows, element)
            sent = rows[tokens.te[token] > tokens.ts[token]]
            if len(sent):
                parts.append((sent, element, name))
    if not parts:
        return None
    together = np.concatenate([part[0] for part in parts])
    elements_of = np.concatenate([np.full(len(part[0]), part[1], np.int64) for part in parts])
    order = np.lexsort((elements_of, together))
    together, elements_of = together[order], elements_of[order]
    source = pa.array([part[2] for part in parts for _ in range(len(part[0]))], pa.large_string())
    columns = {
        "ordinal": elements_of,
        "source": source.take(pa.array(order)),
        "remark_code": pc.utf8_upper(tokens.text(tokens.first[together] + elements_of)),
    }
    return Extract(together, np.zeros(len(together), np.int64), columns)
