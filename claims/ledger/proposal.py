"""What a posting works on and what it would write: frames of a batch in, frames of a proposal out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from claims.ledger.rules import cash_lines

POSTED, REVERSAL, MEMO, UNAPPLIED_CASH, INFORMATIONAL = "posted", "reversal", "memo", "unapplied", "informational"

TAKEN_BACK = "taken back"  # of a decision: it was posted or waited, and a reversal took it back

EXCEPTION_COLUMNS = ["claim_payment_id", "type_code", "amount_cents"]

# The line of a payer's decision that takes back what the payer's earlier one held: a release, not a reversal.
RELEASE_RULE = "E12"
# The lines that take cash off 2200 again when what it waited for has come.
APPLIED_RULE = "C33"


@dataclass(frozen=True)
class Batch:
    """What one posting works on; every frame database-shaped (ids int64, 0 = none; text "" = none).

    claim_payments: claim_payment_id, remit_id, ordinal, clp_post (adjudication, reverse, cash_only), status_exception,
    has_group_cr, charge_cents, paid_cents, family_id (0 = unmatched), refused (why no candidate was taken), payer_code,
    ledger_payer_code (as the claim names the payer), payee_identifier, claim_number_normal, payer_claim_number,
    member_id, payer_sequence, next_payer_code, next_sequence, is_by_hand (a person has matched it), remit_key,
    generation, waiting_reason (the exception type under which its cash lies on 2200 since an earlier posting, or ""),
    status_code, last_posting_id (0 = never posted), held_reason (the exception type under which what is posted once
    more was held the first time: it is again; else ""), took_back (the decision that a reversal which is posted once
    more took back the first time, 0: none), posting_order (text that sorts remittances as they post: payment date and
    key), in posting order.
    service_payments: service_payment_id, claim_payment_id, line_number, procedure_code, charge_cents, paid_cents.
    adjustments: adjustment_id, claim_payment_id, service_payment_id, group_code, reason_code, amount_cents,
    adjustment_class, account. Both of claim_payments, and of `decided` where a reversal may take that back.
    repeats: claim_payment_id, service_payment_id (0: the whole claim) of decisions that say they repeat another (CARC
    18 or B13, RARC N522).
    receivables: open 1100 by family_id, payer_sequence, line_number: amount_cents, of the families in the batch.
    touched: what people moved on 1110 and 1200 by family_id, account, line_number.
    decided: claim payments posted before: claim_payment_id, remit_id, family_id, payer_sequence, payer_code,
    payee_identifier, claim_number_normal, payer_claim_number, original_reference, member_id, charge_cents, paid_cents,
    status_code, is_by_hand, outcome (TAKEN_BACK: by a reversal; reversals that wait are here, too), is_released
    (the system took it back), posting_order, ordinal, place (newest lowest), of the families and numbers in the batch.
    decided_lines: ledger lines of those and of the journals that continue them (line columns, family_id, journal_key),
    to be negated by a reversal. parked: ledger lines, of the same columns, that put cash of claim_payments on 2200.
    corrections: remit_id, family_id, payer_sequence of what is decided beside a reversal, on its claim and in its
    remittance.
    """

    claim_payments: pd.DataFrame
    service_payments: pd.DataFrame
    adjustments: pd.DataFrame
    repeats: pd.DataFrame
    receivables: pd.DataFrame
    touched: pd.DataFrame
    decided: pd.DataFrame
    decided_lines: pd.DataFrame
    parked: pd.DataFrame
    corrections: pd.DataFrame


@dataclass
class Proposal:
    """What a posting would write: `lines` (with claim_payment_id, line_number), `postings` one per claim payment,
    `exceptions` (claim_payment_id, type_code, amount_cents), `released` earlier decisions (claim_payment_id, is_whole,
    unposted_cents)."""

    lines: list[pd.DataFrame] = field(default_factory=list)
    postings: list[pd.DataFrame] = field(default_factory=list)
    exceptions: list[pd.DataFrame] = field(default_factory=list)
    released: list[pd.DataFrame] = field(default_factory=list)

    def decide(self, rows: pd.DataFrame, outcome: pd.Series | str, reason: pd.Series | str = "") -> None:
        """Record the outcome of claim payments; a reason is an exception type.

        Rows may carry reverses_claim_payment_id, known_by (how that was found) and unposted_cents (of its reductions,
        what was not posted).
        """
        columns = ["claim_payment_id", "remit_id", "family_id", "payer_sequence"]
        frame = rows[columns].assign(outcome=outcome, reason_code=reason)
        for name in ("reverses_claim_payment_id", "unposted_cents"):
            frame[name] = rows[name].to_numpy() if name in rows else 0
        frame["known_by"] = rows["known_by"].to_numpy() if "known_by" in rows else ""
        self.postings.append(frame)

    def raise_exception(self, rows: pd.DataFrame, type_code: pd.Series | str, amount: pd.Series | None = None) -> None:
        """Raise an exception per claim payment, worth `amount` (default: the cash)."""
        cents = rows["paid_cents"] if amount is None else amount
        frame = pd.DataFrame(
            {"claim_payment_id": rows["claim_payment_id"].to_numpy(), "amount_cents": cents.to_numpy()}
        )
        frame["type_code"] = type_code if isinstance(type_code, str) else type_code.to_numpy()
        frame = frame[frame["type_code"] != ""]
        self.exceptions.append(frame[EXCEPTION_COLUMNS])

    def wait(self, rows: pd.DataFrame, reason: pd.Series) -> None:
        """Cash to 2200 and an open item under `reason`; what waits already moves none again and says nothing new.

        It is no claim's there, also where one is known: which one may be another when it is applied.
        """
        if rows.empty and self.exceptions:  # one empty frame of each kind is enough to join
            return
        first = rows["last_posting_id"] == 0
        self.lines.append(keyed(cash_lines(rows[first]), rows).assign(family_id=0))
        changed = first | (rows["waiting_reason"] != reason)
        outcome = np.where((reason == "") & (rows["paid_cents"] == 0), INFORMATIONAL, UNAPPLIED_CASH)
        self.decide(rows[changed], pd.Series(outcome, index=rows.index)[changed], reason[changed])
        self.raise_exception(rows[changed], reason[changed])


def keyed(lines: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Add family_id, journal_key and reverses_key to the lines of claim payments `rows`."""
    if lines.empty:
        return lines.assign(family_id=0, journal_key="", reverses_key="")
    owner = rows.set_index("claim_payment_id")
    at = lines["claim_payment_id"]
    part = np.where(owner["waiting_reason"].reindex(at) == "", "", "apply:")
    key = (
        "835:"
        + owner["remit_key"].reindex(at).reset_index(drop=True)
        + ":"
        + owner["ordinal"].reindex(at).astype("str").reset_index(drop=True)
        + ":"
        + pd.Series(part, dtype="str")
        + lines["line_number"].astype("str").reset_index(drop=True)
        + ":"
        + owner["generation"].reindex(at).astype("str").reset_index(drop=True)
    )
    return lines.assign(
        family_id=owner["family_id"].reindex(at).to_numpy(), journal_key=key.to_numpy(), reverses_key=""
    ).astype({"journal_key": "str", "reverses_key": "str", "family_id": "int64"})


def negated(lines: pd.DataFrame, rows: pd.DataFrame, part: str, rule_id: str) -> pd.DataFrame:
    """Negate whole journals for claim payments `rows`; `lines` carry the claim_payment_id of the one that negates."""
    owner = rows.set_index("claim_payment_id")
    keys = lines[["claim_payment_id", "journal_key"]].drop_duplicates()
    keys = keys.assign(nth=keys.groupby("claim_payment_id").cumcount() + 1)
    nth = lines.merge(keys, on=["claim_payment_id", "journal_key"], how="left")["nth"]
    at = lines["claim_payment_id"]
    key = (
        "835:"
        + owner["remit_key"].reindex(at).reset_index(drop=True)
        + ":"
        + owner["ordinal"].reindex(at).astype("str").reset_index(drop=True)
        + f":{part}:"
        + nth.astype("str")
        + ":"
        + owner["generation"].reindex(at).astype("str").reset_index(drop=True)
    )
    return lines.assign(
        amount_cents=-lines["amount_cents"],
        rule_id=rule_id,
        reverses_key=lines["journal_key"],
        journal_key=key.to_numpy(),
    )


def unparked(rows: pd.DataFrame, parked: pd.DataFrame) -> pd.DataFrame:
    """Take the cash of claim payments that waited off 2200, by the negation of what had put it there.

    So it lies on clearing as if it had never waited, and a decision is posted from there in any case: balances by
    payer, claim and remittance are the same whatever the nights.
    """
    waited = rows.loc[rows["waiting_reason"] != "", "claim_payment_id"]
    return negated(parked[parked["claim_payment_id"].isin(waited)], rows, "applied", APPLIED_RULE)


def number_of(rows: pd.DataFrame) -> pd.Series:
    """The number that a reversal shares with its original: ours, or the payer's where ours is missing; else ""."""
    by_payer = ("payer's " + rows["payer_claim_number"]).where(rows["payer_claim_number"] != "", "")
    return rows["claim_number_normal"].where(rows["claim_number_normal"] != "", by_payer)
