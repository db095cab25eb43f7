"""Payments in (one row per claim payment: who, when, how much); remittances with their provider adjustments out.

A remittance is one payment of one payer to one payee on one day, of at most `MOST_CLAIMS` claims; files hold the
remittances of one payer, day and mailbox. What payees owe and the payers collect later stands in the books.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from claims.payer.books import FORWARDS, RECOVERIES, Books
from claims.payer.cycles import dates_of
from claims.payer.remit import Balances, Recoveries, netted, paid_out
from claims.payer.terms import payer_terms

MOST_CLAIMS = 10_000
# A PLB segment has room for six amounts, and pyx12 for one segment; faults (ugly.py) may need two of them.
_MOST_HELD, _MOST_AMOUNTS = 2, 4
_FILE = ["pay_day", "payer", "mailbox"]
_REMIT = [*_FILE, "payee"]
_OWNER = ["payer", "payee", "mailbox"]


class Settled(NamedTuple):
    """Remittances (`remit` numbers them, `file` says which go together), their PLB rows, and the payments in order."""

    remits: pd.DataFrame
    provider_adjustments: pd.DataFrame
    payments: pd.DataFrame


def settled(payments: pd.DataFrame, books: Books, seed: int) -> Settled:
    """Settle payments that are due; open balances and recoveries in the books are collected, and new ones entered.

    `payments` has seg, pay_day, payer, payee, mailbox, sequence, paid_cents, interest_cents, payer_claim_number.
    """
    payments = payments.sort_values([*_REMIT, "sequence", "seg"], kind="stable").reset_index(drop=True)
    payments["remit"] = _remit_numbers(payments, books)
    of_remit = payments.groupby("remit")
    remits = payments.drop_duplicates("remit")[["remit", *_REMIT]].reset_index(drop=True)
    remits["claims"] = of_remit.size().to_numpy()
    remits["claims_cents"] = of_remit["paid_cents"].sum().to_numpy(np.int64)
    terms = payer_terms(books.payers.frame(), seed).take(remits["payer"].to_numpy()).reset_index(drop=True)
    number = pd.Series(np.arange(books.next_trace, books.next_trace + len(remits))).astype("str").str.zfill(8)
    books.next_trace += len(remits)
    remits["trace_number"] = terms["trace_prefix"].astype("str") + number

    plb = pd.concat([_interest(payments), _withheld(payments, books)], ignore_index=True)
    nets = remits["claims_cents"] - _sums(plb, len(remits))
    plb = pd.concat([plb, _carried(remits, nets, plb, books)], ignore_index=True)
    plb = plb[plb["amount_cents"] != 0].sort_values("remit", kind="stable").reset_index(drop=True)
    remits["plb_cents"] = _sums(plb, len(remits))
    remits["payment_date"] = dates_of(remits["pay_day"].to_numpy(np.int64))
    within = remits.groupby(_FILE)["claims"].cumsum().sub(1) // MOST_CLAIMS
    remits["file"] = remits.assign(part=within).groupby([*_FILE, "part"], sort=True).ngroup().to_numpy()
    payee = books.payees.frame().take(remits["payee"].to_numpy()).reset_index(drop=True)
    has_npi = payee["billing_npi"] != ""
    return Settled(
        paid_out(
            pd.concat([remits, terms], axis=1).assign(
                payee_name=payee["billing_name"].where(payee["billing_name"] != "", "PAYEE"),
                payee_qualifier=np.where(has_npi, "XX", "FI"),
                payee_identifier=payee["billing_npi"].where(has_npi, payee["billing_tax_id"]),
                payee_tax_id=payee["billing_tax_id"],
            )
        ),
        plb,
        payments,
    )


def _remit_numbers(payments: pd.DataFrame, books: Books) -> np.ndarray:
    """Number the remittances of ordered payments; a reversal and its correction, of one sequence number, stay together.

    A remittance has no more claims, and no more amounts held back, than it has room for.
    """
    by = [payments[name] for name in _REMIT]
    held = payments["seg"].isin(books.recoveries.loc[books.recoveries["withheld_seg"] > 0, "withheld_seg"])
    before = pd.DataFrame(
        {
            "claims": payments.groupby(by).cumcount() // MOST_CLAIMS,
            "held": (held.astype("int64").groupby(by).cumsum() - held) // _MOST_HELD,
        }
    )
    first = before.groupby([*by, payments["sequence"]]).transform("first")
    found: np.ndarray = payments.groupby([*by, first["claims"], first["held"]], sort=True).ngroup().to_numpy()
    return found


def _sums(plb: pd.DataFrame, count: int) -> np.ndarray:
    found: np.ndarray = (
        plb.groupby("remit")["amount_cents"].sum().reindex(range(count), fill_value=0).to_numpy(np.int64)
    )
    return found


def _interest(payments: pd.DataFrame) -> pd.DataFrame:
    """Sum up late interest (PLB L6): one row for each remittance, which names the first of its claims."""
    owed = payments[payments["interest_cents"] != 0].groupby("remit")
    sums = owed.agg(reference=("payer_claim_number", "first"), amount_cents=("interest_cents", "sum")).reset_index()
    return sums.assign(reason_code="L6", amount_cents=-sums["amount_cents"])


def _withheld(payments: pd.DataFrame, books: Books) -> pd.DataFrame:
    """Hold back what a reversal would take, where it is to be recovered later (PLB WO, negative)."""
    place = payments.set_index("seg")["remit"]
    mine = books.recoveries["withheld_seg"].isin(place.index)
    own = books.recoveries[mine]
    books.recoveries = books.recoveries.assign(withheld_seg=books.recoveries["withheld_seg"].mask(mine, 0))
    return pd.DataFrame(
        {
            "remit": place.reindex(own["withheld_seg"]).to_numpy(np.int64),
            "reason_code": "WO",
            "reference": own["reference"].to_numpy(),
            "amount_cents": -own["amount_cents"].to_numpy(np.int64),
        }
    )


def _carried(remits: pd.DataFrame, nets: pd.Series, plb: pd.DataFrame, books: Books) -> pd.DataFrame:
    """Collect what payees owe, oldest first, and carry forward what a remittance falls short of zero."""
    owed: Balances = {
        tuple(row[:3]): (int(row[4]), str(row[3])) for row in books.forwards[[*FORWARDS]].to_numpy(object).tolist()
    }
    open_rows: Recoveries = {}
    active = books.recoveries[books.recoveries["withheld_seg"] == 0].sort_values("due_day", kind="stable")
    for row in active[[*RECOVERIES]].to_numpy(object).tolist():
        payer, payee, mailbox, reference, amount, due, _ = row
        open_rows.setdefault((payer, payee, mailbox), []).append((int(due), str(reference), int(amount)))
    owners = list(remits[_OWNER].itertuples(index=False, name=None))
    room = _MOST_AMOUNTS - plb.groupby("remit").size().reindex(range(len(remits)), fill_value=0)
    rows = netted(
        owners,
        remits["trace_number"].tolist(),
        nets.tolist(),
        remits["pay_day"].tolist(),
        room.tolist(),
        owed,
        open_rows,
    )
    books.forwards = pd.DataFrame(
        [(*_owner(owner), origin, amount) for owner, (amount, origin) in owed.items()], columns=[*FORWARDS]
    ).astype(FORWARDS)
    left = [
        (*_owner(owner), reference, amount, due, 0)
        for owner, entries in open_rows.items()
        for due, reference, amount in entries
    ]
    waiting = books.recoveries[books.recoveries["withheld_seg"] != 0]
    still = pd.DataFrame(left, columns=[*RECOVERIES]).astype(RECOVERIES)
    books.recoveries = pd.concat([still, waiting], ignore_index=True).astype(RECOVERIES)
    found = pd.DataFrame(rows, columns=["remit", "reason_code", "reference", "amount_cents"])
    return found.astype({"remit": "int64", "amount_cents": "int64"})


def _owner(owner: object) -> tuple[int, ...]:
    assert isinstance(owner, tuple)
    return tuple(int(part) for part in owner)


def deposits(remits: pd.DataFrame) -> pd.DataFrame:
    """Give the bank's rows for payments: on their day or, for checks, two days later; never on a weekend."""
    paid = remits[remits["payment_cents"] > 0]
    day = paid["pay_day"].to_numpy(np.int64) + np.where(paid["method_code"] == "ACH", 0, 2)
    weekday = (day + 3) % 7
    day = day + np.where(weekday > 4, 7 - weekday, 0)
    date = pd.Series(dates_of(day), index=paid.index).astype("str")
    return pd.DataFrame(
        {
            "date": date.str[:4] + "-" + date.str[4:6] + "-" + date.str[6:],
            "amount_cents": paid["payment_cents"],
            "trace_number": paid["trace_number"],
            "payer_name": paid["payer_name"],
            "reference": "STMT" + paid["trace_number"],
            "type": np.where(paid["method_code"] == "ACH", "ACH", "CHECK"),
        }
    ).sort_values(["date", "trace_number"], kind="stable", ignore_index=True)
