"""A simulated month becomes files in a folder: inbox/ as a practice finds it, and beside it what really happened.

`answer` lets the payers alone answer claim files of anyone: see `claims.service.simulate_payer`.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from claims import payer
from claims.errors import UsageError
from claims.money import amount
from claims.payer import patients as patients_of
from claims.payer.fees import month_fees
from claims.payer.month import START
from claims.service.simulate_payer import Answered, answer
from claims.x12.write import write
from claims.x12.write_text import Delimiters

__all__ = ["Answered", "answer", "simulate_month"]

OTHER_DELIMITERS = Delimiters(element="|", component=">", repetition="^", terminator="'", line_end="")

# Columns of the charges CSV (docs/files.md) and where the practice's frames hold them.
_CHARGES = {
    **{name: name for name in ("claim_number", "payer_code", "payer_name", "filing_indicator_code", "member_id")},
    **{name: name for name in ("billing_npi", "billing_tax_id", "billing_name", "rendering_npi")},
    **{
        f"subscriber_{name}": f"subscriber_{name}"
        for name in ("last_name", "first_name", "birth_date", "gender", "address", "city", "state", "zip")
    },
    "relationship_code": "relationship_code",
    **{
        f"patient_{name}": f"patient_{name}"
        for name in ("last_name", "first_name", "birth_date", "gender", "address", "city", "state", "zip")
    },
    "place_of_service": "facility_code",
    "frequency_code": "frequency_code",
    "diagnosis_codes": "diagnosis_codes",
    "prior_authorization": "prior_authorization",
    "patient_paid": "patient_paid_cents",
    "service_from": "service_date",
    "service_to": "service_to_date",
    "procedure_code": "procedure_code",
    "modifiers": "modifiers",
    "diagnosis_pointers": "diagnosis_pointers",
    "units": "units_milli",
    "charge": "charge_cents",
    "line_control_number": "line_control_number",
}


def simulate_month(
    out: Path, *, claims: int = 300, seed: int = 7, start: date = START, patients: bool = False
) -> dict[str, Any]:
    """Write a month of `claims` claims into the new or empty folder `out`; give what was written.

    The same arguments give the same bytes. `out` gets inbox/ (X12 files, charges.csv, bank.csv), truth.csv,
    month.json, and fee_schedules.csv: what its payers allow, as `claims master import` takes it. With `patients` they
    pay: inbox/patient_payments.csv, and their money in bank.csv; nothing else changes.
    """
    if claims < 1:
        raise UsageError("A month needs at least one claim.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("The folder to simulate into is not empty; choose a new one.")
    month = payer.simulate(claims, seed, start)
    contents: dict[str, bytes] = {}
    for file in month.files:
        if file.frames is not None:
            contents[file.name] = write(file.frames, delimiters=OTHER_DELIMITERS if file.other_delimiters else None)
        else:
            contents[file.name] = contents[file.copy_of] if file.copy_of else file.raw
    contents["charges.csv"] = _csv(_charges(month.charges))
    bank = month.bank
    if patients:
        paid, banked = patients_of.pay(month.shares, seed, month.posting_date)
        contents["patient_payments.csv"] = _csv(_money_as_text(paid))
        bank = pd.concat([bank, banked], ignore_index=True).sort_values("date", kind="stable", ignore_index=True)
    contents["bank.csv"] = _csv(_money_as_text(bank))
    inbox = out / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (inbox / name).write_bytes(data)
    (out / "truth.csv").write_bytes(_csv(_money_as_text(month.truth)))
    (out / "fee_schedules.csv").write_bytes(_csv(_money_as_text(month_fees())))
    about = {
        "claims": claims,
        "seed": seed,
        "start": start.isoformat(),
        "posting_date": month.posting_date.isoformat(),
        "files": len(contents),
        "bytes": sum(len(data) for data in contents.values()),
    }
    (out / "month.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return about


def _charges(frame: pd.DataFrame) -> pd.DataFrame:
    columns = {}
    for name, source in _CHARGES.items():
        values = frame[source]
        if source.endswith("_date"):
            text = values.astype(str)
            values = text.str[:4] + "-" + text.str[4:6] + "-" + text.str[6:]
        elif source.endswith("_cents"):
            values = pd.Series([amount(cents) for cents in values.tolist()], index=frame.index, dtype="str")
        elif source.endswith("_milli"):
            values = (values // 1000).astype(str)
        columns[name] = values
    return pd.DataFrame(columns)


def _money_as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Write each `_cents` column as an amount with two decimals, under its name without the ending."""
    columns: dict[str, Any] = {}
    for name in frame.columns:
        if name.endswith("_cents"):
            columns[name.removesuffix("_cents")] = [
                "" if pd.isna(cents) else amount(int(cents)) for cents in frame[name].tolist()
            ]
        else:
            columns[name] = frame[name].to_numpy(dtype=object)
    return pd.DataFrame(columns)


def _csv(frame: pd.DataFrame) -> bytes:
    """Write rows as CSV with line feeds: the same bytes on every system."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows(np.asarray(frame, dtype=object).tolist())
    return text.getvalue().encode("utf-8")
