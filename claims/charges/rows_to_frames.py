"""Checked rows of a charges CSV in; frames `claims` and `service_lines` (docs/frames.md) out."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims.charges.checks import Table, columns


def frames(table: Table, kept: npt.NDArray[np.int64], claim: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Build both frames from the rows numbered `kept`; `claim` numbers every row's claim. `seg` counts from 1."""
    spec = columns()
    named = dict(zip(spec["column"], spec["target"], strict=True))
    values = pd.DataFrame(table.values).iloc[kept].rename(columns=named)
    line_columns = spec.loc[spec["level"] == "line", "target"].tolist()
    own = claim.iloc[kept]
    first = pd.Series(kept + 1, index=own.index).groupby(own).transform("first")
    address: dict[str, Any] = {
        "transaction_seg": np.int64(0),
        "seg": kept + 1,
        "offset": table.rows.offsets[kept],
        "length": table.rows.lengths[kept],
    }
    ordinal = own.groupby(own).cumcount() + 1
    lines = values[line_columns].assign(
        **address,
        claim_seg=first.astype("int64"),
        ordinal=ordinal.astype("int64"),
        line_number=ordinal.astype(str),
        procedure_qualifier="HC",
        revenue_code="",
        place_of_service="",
    )
    lines["service_to_date"] = lines["service_to_date"].where(lines["service_to_date"] != 0, lines["service_date"])
    given = values["claim_number"] + "L" + lines["line_number"]
    lines["line_control_number"] = lines["line_control_number"].where(lines["line_control_number"] != "", given)
    claims = values.drop(columns=line_columns).assign(**address)
    heads = (ordinal == 1).to_numpy()
    claims = _completed(claims[heads], lines, _body_hashes(table, kept, own))
    return claims.reset_index(drop=True), lines.reset_index(drop=True)


def _completed(claims: pd.DataFrame, lines: pd.DataFrame, hashes: pd.Series) -> pd.DataFrame:
    """Add what follows from the lines and from the other columns of a claim."""
    by_claim = lines.groupby("claim_seg")
    patient = [name for name in claims.columns if name.startswith("patient_") and name != "patient_paid_cents"]
    itself = (claims["relationship_code"] == "18") | (claims["patient_last_name"] == "")
    for name in patient:
        other = claims[name.replace("patient_", "subscriber_")]
        empty = (claims[name] == "") | (claims[name] == 0) if claims[name].dtype == "str" else claims[name] == 0
        claims = claims.assign(**{name: claims[name].where(~(itself & empty), other)})
    zeros = np.zeros(len(claims), np.int64)
    return claims.assign(
        ordinal=np.arange(1, len(claims) + 1),
        kind="P",
        charge_cents=by_claim["charge_cents"].sum().reindex(claims["seg"], fill_value=0).to_numpy(np.int64),
        statement_from_date=by_claim["service_date"].min().reindex(claims["seg"]).to_numpy(np.int32),
        statement_to_date=by_claim["service_to_date"].max().reindex(claims["seg"]).to_numpy(np.int32),
        patient_paid_cents=claims["patient_paid_cents"].astype("Int64"),
        billing_seg=zeros,
        subscriber_seg=zeros,
        patient_seg=zeros,
        body_hash=hashes.to_numpy(dtype=object),
    ).astype({"body_hash": "str"})


def _body_hashes(table: Table, kept: npt.NDArray[np.int64], own: pd.Series) -> pd.Series:
    """Hash what a claim's rows say: known columns only, whatever their order and the spelling of numbers."""
    values = pd.DataFrame(table.values).iloc[kept].astype(str)
    rows = zip(own.tolist(), zip(*(values[name].tolist() for name in values), strict=True), strict=True)
    texts: dict[int, list[str]] = {}
    for number, row in rows:
        texts.setdefault(number, []).append("\x1f".join(row))
    return pd.Series([sha256("\x1e".join(text).encode()).hexdigest() for text in texts.values()], dtype="str")
