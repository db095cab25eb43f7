"""What a payer really decided, as rows to test a reader of its files against (columns: docs/simulate.md)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.payer.adjudicate import Frames

COLUMNS = [
    *("kind", "file", "payer_code", "trace_number", "payment_date", "claim_number", "payer_claim_number"),
    *("status_code", "charge_cents", "paid_cents", "contractual_cents", "patient_cents", "denied_cents", "causes"),
    *("codes", "reverses", "plb", "payment_cents", "ugly"),
]
_PAYMENT = [name for name in COLUMNS if name not in ("kind", "file", "trace_number", "payment_date", "codes", "plb")]


def of_payments(frames: Frames, names: pd.Series) -> pd.DataFrame:
    """Give a row for each claim payment of 835 frames; `names` has the file of each remittance."""
    payments, remits = frames["claim_payments"], frames["remittances"].set_index("transaction_seg")
    of = payments["transaction_seg"]
    told = payments.reindex(columns=[name for name in _PAYMENT if name != "payment_cents"]).assign(
        kind="claim_payment",
        file=names.reindex(of).to_numpy(),
        trace_number=remits["trace_number"].reindex(of).to_numpy(),
        payment_date=remits["payment_date"].reindex(of).to_numpy(),
        codes=_joined(frames["adjustments"], "claim_seg", payments["seg"], ["group_code", "reason_code"]),
    )
    return told.reindex(columns=COLUMNS)


def of_remittances(frames: Frames, names: pd.Series, marks: dict[int, str]) -> pd.DataFrame:
    """Give a row for each remittance; `marks` names the faults of each."""
    remits = frames["remittances"]
    told = remits[["payer_code", "trace_number", "payment_date"]].assign(
        kind="remittance",
        file=names.reindex(remits["transaction_seg"]).to_numpy(),
        paid_cents=remits["claims_cents"],
        payment_cents=remits["claims_cents"] - remits["plb_cents"],
        plb=_joined(frames["provider_adjustments"], "transaction_seg", remits["transaction_seg"], ["reason_code"]),
        ugly=[marks.get(seg, "") for seg in remits["transaction_seg"].tolist()],
    )
    return told.reindex(columns=COLUMNS)


def of_rejections(claims: pd.DataFrame, file: str) -> pd.DataFrame:
    """Give a row for each claim that was refused before it was decided."""
    refused = claims[claims["edit"] != ""]
    told = refused[["payer_code", "claim_number", "charge_cents"]].assign(
        kind="rejected_claim", file=file, causes=refused["edit"],
        codes=refused["category_code"] + ":" + refused["status_code"], ugly=refused["ugly"],
    )  # fmt: skip
    return told.reindex(columns=COLUMNS)


def of_refusals(kind: str, file: str, causes: list[str]) -> pd.DataFrame:
    """Give a row for each set (`refused_set`) or interchange (`refused_interchange`) of which no claim was read."""
    return pd.DataFrame({"kind": kind, "file": file, "causes": causes}).reindex(columns=COLUMNS)


def amounts(cents: pd.Series) -> pa.Array:
    """Write cents with two decimals, and nothing for what is absent: a column at a time."""
    values = pa.array(cents.astype("Int64"), pa.int64())
    size = pc.abs(values)
    whole = pc.divide(size, 100)
    rest = pc.utf8_lpad(pc.cast(pc.subtract(size, pc.multiply(whole, 100)), pa.string()), 2, "0")
    sign = pc.if_else(pc.less(values, 0), "-", "")
    number = pc.binary_join_element_wise(sign, pc.cast(whole, pa.string()), "")
    return pc.binary_join_element_wise(number, rest, ".")


def _joined(rows: pd.DataFrame, owner: str, owners: pd.Series, code: list[str]) -> list[str]:
    """Add up the amounts of each owner by code, and put them in one text: `CO-45=12.00 PR-1=3.50`."""
    if rows.empty:
        return [""] * len(owners)
    sums = rows.groupby([owner, *code], sort=True)["amount_cents"].sum().reset_index()
    text = sums[code[0]] if len(code) == 1 else sums[code[0]] + "-" + sums[code[1]]
    texts = pc.binary_join_element_wise(pa.array(text, pa.string()), amounts(sums["amount_cents"]), "=")
    first = np.searchsorted(sums[owner].to_numpy(np.int64), owners.to_numpy(np.int64), side="left")
    last = np.searchsorted(sums[owner].to_numpy(np.int64), owners.to_numpy(np.int64), side="right")
    lengths = last - first
    begins = np.concatenate([[0], np.cumsum(lengths)])
    place = np.repeat(first - begins[:-1], lengths) + np.arange(begins[-1])
    listed = pa.ListArray.from_arrays(pa.array(begins, pa.int32()), texts.take(pa.array(place)))
    found: list[str] = pc.binary_join(listed, " ").to_pylist()
    return found
