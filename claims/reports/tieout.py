"""Remittances, ledger sums and deposits come in; the four-way tie-out goes out.

Bank (with what it kept as a fee, and what the payer issued again with another remittance) = BPR02 = claims - provider
adjustments = ledger, per payment and per day.

What a bank writes in its own words may name a patient: of its payers only those that remittances and claims name are
shown, of its references only those that are one number, or the trace of a remittance.

Amounts are signed cents. Ledger columns are debits minus credits of the remittance's own journals; ``unapplied_cents``
is the credit on 2200 that waits for a claim. A lost cheque that is paid again (PLB CS) is taken off its clearing by the
journal of the other remittance: ``issued_again_cents``, which is no movement of its own and no money of the bank.
Nothing is netted across remittances, tolerance is zero.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
import pandas as pd

from claims.identifiers import normal_trace

ACCOUNTS = ("1100", "1110", "1200", "1400", "2100", "2110", "2120", "4100", "4310", "4900", "5100")
COLUMNS = [
    "status",
    "payer_code",
    "payer_name",
    "payer_identifier",
    "payee_identifier",
    "payee_tax_id",
    "method_code",
    "trace_number",
    "payment_date",
    "payment_cents",
    "claims",
    "claims_paid_cents",
    "provider_adjustments_cents",
    "claims_less_adjustments_cents",
    "remittance_difference_cents",
    "adjustments_difference_cents",
    "bank_date",
    "bank_trace",
    "bank_reference",
    "bank_rule",
    "bank_cents",
    "bank_fee_cents",
    "booked_difference_cents",
    "issued_again_cents",
    "issued_again_by",
    "bank_difference_cents",
    "ledger_cents",
    "ledger_difference_cents",
    *(f"account_{account}_cents" for account in ACCOUNTS),
    "account_other_cents",
    "applied_cents",
    "unapplied_cents",
    "clearing_cents",
    "open_business_days",
    "named_by",
    "held_because",
    "sha256",
    "seg",
    "offset",
    "length",
]
KEYS = ["payment_date", "payer_identifier", "trace_number", "sha256", "seg", "bank_date", "bank_trace", "offset"]
OPEN = ("REMIT_NO_DEPOSIT", "DEPOSIT_NO_REMIT", "AMOUNT_DIFF", "OUT_OF_BALANCE", "HELD", "PARTLY_UNAPPLIED")
OF_BANK = ("bank_cents", "bank_fee_cents", "booked_difference_cents", "issued_again_cents")
SETTLED = ("TIED", "ISSUED_AGAIN")
STATUSES = (*SETTLED, *OPEN)


# Money that has not come yet needs no exception; what else differs has one of these.
IN_TRANSIT_DAYS = 4
NAMED = {
    "REMIT_NO_DEPOSIT": ("REMIT_WITHOUT_DEPOSIT", "DEPOSIT_RETURNED", "DEPOSIT_SHORT", "REMIT_DAY_AHEAD"),
    "AMOUNT_DIFF": ("DEPOSIT_SHORT", "DEPOSIT_RETURNED", "REMIT_WITHOUT_DEPOSIT"),
    "DEPOSIT_NO_REMIT": (
        "DEPOSIT_WITHOUT_REMIT",
        "DEPOSIT_AMBIGUOUS",
        "DEPOSIT_FOR_HELD_REMIT",
        "DEPOSIT_OVER",
        "RETURN_WITHOUT_DEPOSIT",
    ),
}


def tie_out(
    remittances: pd.DataFrame,
    ledger: pd.DataFrame,
    deposits: pd.DataFrame,
    exceptions: pd.DataFrame,
    as_of: str,
    *,
    payer_names: Collection[str] = (),
    holidays: Collection[str] = (),
) -> pd.DataFrame:
    """Return one row per remittance, and one per deposit that no remittance explains, sorted by natural keys.

    `payer_names`: those of 835s and 837s; `holidays`: ISO days on which no bank works.
    """
    # As the rules compare them, and before what may name a person is left out: `trace` is shown nowhere.
    deposits = deposits.assign(trace=normal_trace(deposits["trace_number"]))
    deposits = without_persons(deposits, payer_names, set(remittances["trace_number"]))
    rows = remittances.reset_index(drop=True)
    rows["trace"] = normal_trace(rows["trace_number"])
    rows["claims_less_adjustments_cents"] = rows["claims_paid_cents"] - rows["provider_adjustments_cents"]
    rows["remittance_difference_cents"] = rows["payment_cents"] - rows["claims_less_adjustments_cents"]
    # What claims charge is paid or adjusted: a payer's own slip shows here, also where BPR02 is the sum of the claims.
    explained = rows["claims_paid_cents"] + rows["claims_adjusted_cents"]
    rows["adjustments_difference_cents"] = rows["claims_charge_cents"] - explained
    _add_ledger(rows, ledger)
    _add_bank(rows, deposits)
    rows["status"] = _status(rows)
    rows["held_because"] = rows["reason_code"].where(rows["status"].isin(["HELD", "OUT_OF_BALANCE"]), "")
    # Sums of nothing were made above; here differences that do not apply yet are shown as zero.
    is_posted = rows["is_posted"] == 1
    rows["bank_difference_cents"] = (_settled(rows) - rows["payment_cents"]).where(is_posted, 0)
    rows["ledger_difference_cents"] = (rows["ledger_cents"] - rows["payment_cents"]).where(is_posted, 0)
    both = pd.concat([rows, _unexplained(deposits)], ignore_index=True)
    both["open_business_days"] = _business_days(both, as_of, holidays)
    both["named_by"] = _named_by(both, exceptions)
    # What was undone has no reason of its own: its exception says why it is held.
    says_nothing = (both["status"] == "HELD") & (both["held_because"].fillna("") == "")
    both["held_because"] = both["held_because"].mask(says_nothing, both["named_by"])
    amounts = [name for name in COLUMNS if name.endswith("_cents")] + ["claims"]
    both[amounts] = both[amounts].fillna(0).astype("int64")
    texts = [name for name in COLUMNS if both[name].dtype == "str"]
    both[texts] = both[texts].fillna("")
    ordered: pd.DataFrame = both.sort_values(KEYS, ignore_index=True)[COLUMNS]
    return ordered


def _add_ledger(rows: pd.DataFrame, ledger: pd.DataFrame) -> None:
    """Add the sums per account, what of the payment is applied and what is not, and which others issued it again."""
    own = ledger[(ledger["is_bank"] == 0) & (ledger["by_remit_id"] == 0)]
    again = ledger[(ledger["by_remit_id"] != 0) & (ledger["amount_cents"] != 0)]

    def of(part: pd.DataFrame) -> pd.Series[int]:
        sums = part.groupby("remit_id")["amount_cents"].sum()
        return pd.Series(sums.reindex(rows["remit_id"], fill_value=0).to_numpy("int64"), index=rows.index)

    for account in ACCOUNTS:
        rows[f"account_{account}_cents"] = of(own[own["account"] == account])
    rows["account_other_cents"] = of(own[~own["account"].isin([*ACCOUNTS, "1050", "2200"])])
    rows["ledger_cents"] = of(own[own["account"] == "1050"])
    rows["unapplied_cents"] = -of(own[own["account"] == "2200"])
    rows["applied_cents"] = rows["ledger_cents"] - rows["unapplied_cents"]
    rows["clearing_cents"] = of(ledger[ledger["account"] == "1050"])
    rows["issued_again_cents"] = -of(again)
    traces = rows.set_index("remit_id")["trace_number"].reindex(again["by_remit_id"]).fillna("")
    named = again.assign(trace=traces.to_numpy("str")).sort_values("trace").groupby("remit_id")["trace"].agg(" ".join)
    rows["issued_again_by"] = pd.Series(named.reindex(rows["remit_id"]).to_numpy(), dtype="str").fillna("")


def _settled(rows: pd.DataFrame) -> pd.Series[int]:
    """What settled each payment: the bank, a fee, a small difference booked, and remittances that issued it again."""
    settled: pd.Series[int] = rows[list(OF_BANK)].sum(axis=1)
    return settled


def _add_bank(rows: pd.DataFrame, deposits: pd.DataFrame) -> None:
    """Add what the bank received for each remittance; several deposits are named in the order of their days."""
    tied = deposits[deposits["remit_id"] != 0].sort_values(["bank_date", "line_key"])
    # A small difference that a person booked is all that its tie settles (short), or settles nothing (over); so in the
    # tie by which a return takes it back. What a card processor kept is always less than that.
    is_difference = (tied["fee_cents"] == tied["tied_cents"]) | (tied["tied_cents"] == 0)
    tied = tied.assign(
        bank_cents=tied["tied_cents"] - tied["fee_cents"],
        bank_fee_cents=tied["fee_cents"].mask(is_difference, 0),
        booked_difference_cents=tied["fee_cents"].where(is_difference, 0),
    )
    by_remit = tied.groupby("remit_id")
    for name in ("bank_cents", "bank_fee_cents", "booked_difference_cents"):
        rows[name] = by_remit[name].sum().reindex(rows["remit_id"], fill_value=0).to_numpy("int64")
    texts_of = {"bank_date": "bank_date", "bank_trace": "trace_number", "bank_reference": "reference"}
    for name, source in {**texts_of, "bank_rule": "rule"}.items():
        once = tied[tied[source] != ""].drop_duplicates(["remit_id", source])
        texts = once.groupby("remit_id")[source].agg(" ".join)
        rows[name] = pd.Series(texts.reindex(rows["remit_id"]).to_numpy(), dtype="str").fillna("")


def _status(rows: pd.DataFrame) -> pd.Series[str]:
    """Say how far each remittance is tied; the first that applies."""
    is_posted = rows["is_posted"] == 1
    off = (rows["remittance_difference_cents"] != 0) | rows["reason_code"].str.endswith("-out-of-balance")
    settled = _settled(rows)
    differs = (settled != rows["payment_cents"]) | (rows["clearing_cents"] != 0)
    differs |= (rows["ledger_cents"] != rows["payment_cents"]) | (rows["remittance_difference_cents"] != 0)
    tests = [
        ~is_posted & off,
        ~is_posted,
        (settled == 0) & (rows["payment_cents"] != 0),
        differs,
        rows["unapplied_cents"] != 0,
        rows["issued_again_cents"] != 0,
    ]
    names = ["OUT_OF_BALANCE", "HELD", "REMIT_NO_DEPOSIT", "AMOUNT_DIFF", "PARTLY_UNAPPLIED", "ISSUED_AGAIN"]
    return pd.Series(np.select(tests, names, "TIED"), index=rows.index, dtype="str")


def _unexplained(deposits: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each deposit, or rest of one, that no remittance explains."""
    tied = (deposits["tied_cents"] - deposits["fee_cents"]).groupby(deposits["line_key"]).sum()
    once = deposits.drop_duplicates("line_key")
    rest = once["deposit_cents"] - tied.reindex(once["line_key"]).to_numpy("int64")
    rows = once[rest != 0].assign(bank_cents=rest[rest != 0], status="DEPOSIT_NO_REMIT", bank_rule="")
    rows["bank_difference_cents"] = rows["bank_cents"]
    rows["bank_trace"], rows["bank_reference"] = rows["trace_number"], rows["reference"]
    names = ["status", "payer_name", "bank_date", "bank_trace", "bank_reference", "bank_rule", "bank_cents"]
    more = ["bank_difference_cents", "trace", "line_key", "is_booked", "sha256", "seg", "offset", "length"]
    unexplained: pd.DataFrame = rows[[*names, *more]]
    return unexplained


# One number as a bank or payer gives it: letters and digits, at least three of these.
_NUMBER = re.compile(r"(?=(?:\D*\d){3})[0-9A-Z]{3,35}", re.ASCII | re.IGNORECASE)


def without_persons(deposits: pd.DataFrame, payer_names: Collection[str], traces: Collection[str]) -> pd.DataFrame:
    """Leave out what may name a person: payers that nobody else names, references and traces in words."""
    known = {_plain(name) for name in payer_names}
    is_known = np.array([_plain(name) in known for name in deposits["payer_name"].tolist()], dtype=bool)
    numbers = {
        name: pd.Series(
            [text if text in traces or _NUMBER.fullmatch(text) else "" for text in deposits[name].tolist()],
            deposits.index,
            dtype="str",
        )
        for name in ("trace_number", "reference")
    }
    return deposits.assign(payer_name=deposits["payer_name"].where(is_known, ""), **numbers)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.upper()))


def _business_days(rows: pd.DataFrame, as_of: str, holidays: Collection[str]) -> pd.Series[int]:
    """Count business days an open row has waited: those after the payment date, else the bank's, up to the day."""
    since = rows["payment_date"].where(rows["payment_date"].fillna("") != "", rows["bank_date"]).fillna("")
    waits = rows["status"].isin(OPEN) & (since != "")
    days = np.array([day.split(" ")[0] for day in since[waits]], dtype="datetime64[D]")
    counted = pd.Series(pd.NA, index=rows.index, dtype="Int64")
    free = np.array(sorted(holidays), dtype="datetime64[D]")
    after, until = days + np.timedelta64(1), np.datetime64(as_of) + np.timedelta64(1)
    counted[waits] = np.maximum(np.busday_count(after, until, holidays=free), 0)
    return counted


def _named_by(rows: pd.DataFrame, exceptions: pd.DataFrame) -> pd.Series[str]:
    """Name what is not tied by its open exceptions; without one, by what it waits for. Empty: nothing names it."""
    of_remits = exceptions.loc[exceptions["remit_id"] != 0, ["remit_id", "type_code"]]
    of_lines = exceptions.loc[exceptions["line_key"] != "", ["line_key", "type_code"]]
    keyed = pd.concat(
        [of_remits.set_axis(["key", "type_code"], axis=1), of_lines.set_axis(["key", "type_code"], axis=1)]
    )
    words: dict[object, list[str]] = {}
    for key, type_code in sorted(keyed.itertuples(index=False, name=None), key=str):
        words.setdefault(key, []).append(type_code)
    # A bank line that is here and that no reconcile has taken up yet may be the money of whoever has its trace number.
    # What is below zero went out: nobody's money.
    is_unbooked = (rows["status"] == "DEPOSIT_NO_REMIT") & (rows["is_booked"] == 0)
    came = set(rows.loc[is_unbooked & (rows["bank_cents"] > 0), "trace"]) - {""}
    named = []
    columns = ["status", "remit_id", "line_key", "is_booked", "open_business_days", "held_because", "trace"]
    for status, remit_id, line_key, is_booked, days, because, trace in rows.reindex(columns=columns).itertuples(
        index=False, name=None
    ):
        told = words.get(line_key if status == "DEPOSIT_NO_REMIT" else remit_id, [])
        fitting = [word for word in told if word in NAMED.get(status, told)]
        if status in SETTLED:
            fitting = []
        elif not fitting and status == "REMIT_NO_DEPOSIT":
            is_late = not pd.isna(days) and days > IN_TRANSIT_DAYS
            fitting = ["NOT_RECONCILED_YET" if trace in came else "NO_DEPOSIT_YET" if is_late else "IN_TRANSIT"]
        elif not fitting and status == "DEPOSIT_NO_REMIT" and not is_booked:
            fitting = ["NOT_RECONCILED_YET"]
        elif not fitting and status in ("HELD", "OUT_OF_BALANCE"):
            fitting = [because or "NOT_POSTED_YET"]
        named.append(" ".join(fitting))
    return pd.Series(named, index=rows.index, dtype="str")


def unnamed(rows: pd.DataFrame) -> int:
    """Count the rows that are not tied and that nothing names."""
    return int((~rows["status"].isin(SETTLED) & (rows["named_by"] == "")).sum())


def unsettled(rows: pd.DataFrame) -> int:
    """Add up, in cents, what 1050 of a payment leaves open else than its ledger less what settled it (`OF_BANK`)."""
    payments = rows[rows["status"] != "DEPOSIT_NO_REMIT"]
    return int((payments["ledger_cents"] - _settled(payments) - payments["clearing_cents"]).abs().sum())


def days(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the rows up per day of payment (a deposit without remittance: the bank's day), with what names each."""
    at = rows["payment_date"].where(rows["payment_date"] != "", rows["bank_date"].str.split(" ").str[0])
    amounts = [*OF_BANK, "payment_cents", "claims_less_adjustments_cents", "ledger_cents"]
    grouped = rows.groupby(at.rename("day"), sort=True)
    sums = grouped[[*amounts, "clearing_cents"]].sum()
    counted = grouped["status"].agg(rows="size", tied=lambda status: int(status.isin(SETTLED).sum()))
    sums["difference_cents"] = _settled(sums) - sums["payment_cents"]
    words = grouped["named_by"].agg(lambda texts: " ".join(sorted({word for text in texts for word in text.split()})))
    result = counted.join(sums).assign(named_by=words.astype("str")).reset_index()
    typed: pd.DataFrame = result.astype(dict.fromkeys(("rows", "tied", *sums.columns), "int64") | {"day": "str"})
    return typed


def totals(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the rows up per status, every status named even where it has none."""
    names = ["payment_cents", "bank_cents", "issued_again_cents", "ledger_cents", "applied_cents", "unapplied_cents"]
    sums = rows.groupby("status")[names].sum().reindex(list(STATUSES), fill_value=0)
    counts = rows["status"].value_counts().reindex(list(STATUSES), fill_value=0)
    sums.insert(0, "rows", counts.to_numpy("int64"))
    return sums.rename_axis("status").reset_index()
