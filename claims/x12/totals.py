"""A transaction set that has ended in; its row of the `transactions` frame, and what its totals show, out."""

from __future__ import annotations

from typing import Any

from claims.findings import HOLD, Finding
from claims.x12 import balance
from claims.x12.envelope import Transaction
from claims.x12.listed import not_listed


def transaction_row(own: Transaction, found: list[Finding]) -> dict[str, Any]:
    """Return the row of a set; what is wrong with its totals is added to `found`."""
    is_835, is_claims = own.set_code == "835", own.set_code == "835" or own.set_code.startswith("837")
    totals = own.totals

    def total(name: str, applies: bool, *unreadable: str) -> int | None:
        return totals.get(name, 0) if applies and not own.unreadable.intersection(unreadable) else None

    def good(off: str, of: str, applies: bool) -> bool | None:
        return totals.get(off, 0) == 0 if applies and totals.get(of, 0) > 0 else None

    found += not_listed(own)
    paid = total("paid_cents", is_835, "claim_payments.paid_cents")
    provider = total("plb_cents", is_835, "provider_adjustments.amount_cents")
    payment = total("payment_cents", "payment_seg" in totals, "remittances.payment_cents")
    if is_835 and "payment_seg" not in totals:
        found.append(
            Finding(
                "segment-missing", HOLD, f"segment {own.seg}, BPR: the remittance names no payment; held from posting.",
                own.seg, "BPR", own.offset, "", "BPR", "999 IK304 3", own.seg,
            )
        )  # fmt: skip
    return {
        "seg": own.seg,
        "offset": own.offset,
        "length": own.length,
        "interchange_seg": own.interchange_seg,
        "group_seg": own.group_seg,
        "end_seg": own.end_seg,
        "set_code": own.set_code,
        "guide": own.guide,
        "convention": own.convention,
        "control_number": own.control,
        "usage_code": own.usage,
        "segments": own.end_seg - own.seg + 1,
        "claims": totals.get("claims", 0),
        "service_lines": totals.get("service_lines", 0),
        "adjustments": totals.get("adjustments", 0),
        "charge_cents": total("charge_cents", is_claims, "claim_payments.charge_cents", "claims.charge_cents"),
        "paid_cents": paid,
        "plb_cents": provider,
        "payment_cents": payment,
        "denied_status_claims": totals.get("denied_status_claims", 0),
        "reversals": totals.get("reversals", 0),
        "balanced_line": good("line_off", "service_lines", is_835),
        "balanced_claim": good("claim_off", "claims", is_claims),
        "balanced_transaction": _balanced(own, paid, provider, payment, found),
        "body_hash": own.hasher.hexdigest() if own.is_hashed else "",
    }


def _balanced(
    own: Transaction, paid: int | None, provider: int | None, payment: int | None, found: list[Finding]
) -> bool | None:
    """None where there is no payment; False also where a sum is unknown."""
    if "payment_seg" not in own.totals:
        return None
    if paid is None or provider is None or payment is None:
        return False
    seg, offset = own.totals["payment_seg"], own.totals["payment_offset"]
    off = balance.transaction(seg, own.seg, offset, payment, paid, provider)
    if off:
        found.append(off)
    return off is None
