"""Remittances become journals: matched and classified claim payments in, journals, ledger lines and exceptions out.

A pure function of frames. Claim payments are taken in posting order (remittance by payment date and key, reversals
first within a remittance). Those of one claim family see each other's effect: a batch is worked off in rounds, the n-th
round holding the n-th claim payment of every family, so that each round is set-based and the open-receivable test is
still exact. What the test does not let through is never plugged: its cash goes to unapplied cash with an exception.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from claims.ledger.rules import (
    CLEARING,
    RECEIVABLE,
    UNAPPLIED,
    adjudication_lines,
    cash_lines,
    empty_lines,
    provider_adjustment_lines,
)

POSTED, REVERSAL, MEMO, UNAPPLIED_CASH, INFORMATIONAL = "posted", "reversal", "memo", "unapplied", "informational"

EXCEPTION_COLUMNS = ["claim_payment_id", "type_code", "amount_cents"]


@dataclass(frozen=True)
class Batch:
    """What one posting works on; every frame database-shaped (ids int64, 0 = none; text "" = none).

    claim_payments: claim_payment_id, remit_id, ordinal, clp_post (adjudication, reverse, cash_only), status_exception,
    has_group_cr, is_repeat (CARC 18 or B13, or RARC N522), charge_cents, paid_cents, family_id (0 = unmatched),
    refused (why no candidate was taken), payer_code, ledger_payer_code (as
    the claim names the payer), payee_identifier, claim_number_normal, payer_claim_number, payer_sequence,
    next_payer_code, next_sequence, remit_key, generation, waiting_reason (the exception type under which its cash lies
    on 2200 since an earlier posting, or ""), last_posting_id (0 = not posted yet), in posting order.
    service_payments: service_payment_id, claim_payment_id, line_number, charge_cents, paid_cents.
    adjustments: adjustment_id, claim_payment_id, service_payment_id, group_code, reason_code, amount_cents,
    adjustment_class, account.
    receivables: open 1100 by family_id, payer_sequence, line_number: amount_cents, of the families in the batch.
    decided: claim payments posted before and not superseded: claim_payment_id, family_id, payer_sequence, payer_code,
    payee_identifier,
    claim_number_normal, payer_claim_number, charge_cents, paid_cents, outcome, place (posting order, newest lowest), of
    the families and numbers in the batch.
    decided_lines: ledger lines of those and of the journals that continue them (line columns, family_id, journal_key),
    to be negated by a reversal.
    """

    claim_payments: pd.DataFrame
    service_payments: pd.DataFrame
    adjustments: pd.DataFrame
    receivables: pd.DataFrame
    decided: pd.DataFrame
    decided_lines: pd.DataFrame


@dataclass
class Proposal:
    """What a posting would write: `lines` (with claim_payment_id, line_number), `postings` one per claim payment,
    `exceptions` (claim_payment_id, type_code, amount_cents)."""

    lines: list[pd.DataFrame] = field(default_factory=list)
    postings: list[pd.DataFrame] = field(default_factory=list)
    exceptions: list[pd.DataFrame] = field(default_factory=list)

    def decide(self, rows: pd.DataFrame, outcome: pd.Series | str, reason: pd.Series | str = "") -> None:
        """Record the outcome of claim payments; a reason is an exception type."""
        columns = ["claim_payment_id", "remit_id", "family_id", "payer_sequence"]
        frame = rows[columns].assign(outcome=outcome, reason_code=reason, reverses_claim_payment_id=0)
        if "reverses_claim_payment_id" in rows:
            frame["reverses_claim_payment_id"] = rows["reverses_claim_payment_id"].to_numpy()
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


REFUSED_TYPES = {
    "ambiguous": "AMBIGUOUS_CLAIM",
    "charge-differs": "CHARGE_DIFFERS",
    "payee-differs": "PAYEE_DIFFERS",
}


def propose(batch: Batch) -> Proposal:
    """Propose the postings of a batch of claim payments; writes nothing."""
    result = Proposal()
    claims = batch.claim_payments
    _cash_only(claims, result)
    reverse = claims["clp_post"] == "reverse"
    wants_claim = (claims["clp_post"] == "adjudication") & ~claims["has_group_cr"]
    unmatched = claims[wants_claim & (claims["family_id"] == 0)]
    _unmatched(unmatched, result)

    turn = claims[(wants_claim & (claims["family_id"] != 0)) | reverse].copy()
    turn["round"] = turn.groupby(_round_key(turn)).cumcount()
    receivables = batch.receivables
    decided, decided_lines = batch.decided, batch.decided_lines
    for _, rows in turn.groupby("round", sort=True):
        is_reverse = rows["clp_post"] == "reverse"
        lines, superseded = _reverse(rows[is_reverse], decided, decided_lines, result)
        decided = decided[~decided["claim_payment_id"].isin(superseded)]
        receivables = _add(receivables, lines)
        posted, new_lines = _adjudicate(rows[~is_reverse], batch, receivables, decided, result)
        receivables = _add(receivables, new_lines)
        decided = pd.concat([decided, posted], ignore_index=True)
        decided_lines = pd.concat([decided_lines, new_lines], ignore_index=True)
    return result


def _round_key(rows: pd.DataFrame) -> pd.Series:
    """Claim payments that may touch each other: one family, or one payer's claim number where no family is known."""
    number = _number(rows)
    alone = "alone " + rows["claim_payment_id"].astype("str")
    by_number = (rows["payer_code"] + "|" + number).where(number != "", alone)
    return by_number.where(rows["family_id"] == 0, "family " + rows["family_id"].astype("str"))


def _number(rows: pd.DataFrame) -> pd.Series:
    """The number that a reversal shares with its original: ours, or the payer's where ours is missing; else ""."""
    by_payer = ("payer's " + rows["payer_claim_number"]).where(rows["payer_claim_number"] != "", "")
    return rows["claim_number_normal"].where(rows["claim_number_normal"] != "", by_payer)


def _cash_only(claims: pd.DataFrame, result: Proposal) -> None:
    """Status 23, 25 or unknown, and group CR outside a reversal: cash to 2200, nothing else."""
    group_cr = (claims["clp_post"] == "adjudication") & claims["has_group_cr"]
    rows = claims[(claims["clp_post"] == "cash_only") | group_cr].copy()
    rows["rule_id"] = np.where(rows["clp_post"] == "cash_only", "C30", "C32")
    reason = rows["status_exception"].where(rows["clp_post"] == "cash_only", "CR_GROUP")
    told = (rows["paid_cents"] != 0) | (reason != "STATUS_WITH_CASH")
    reason = reason.where(told, "")
    _wait(rows, reason, result)


def _unmatched(rows: pd.DataFrame, result: Proposal) -> None:
    reason = rows["refused"].map(REFUSED_TYPES).fillna("UNMATCHED_CLAIM")
    _wait(rows.assign(rule_id="C31"), reason, result)


def _wait(rows: pd.DataFrame, reason: pd.Series, result: Proposal) -> None:
    """Cash to 2200 and an open item under `reason`. What waits already moves no cash again, and says nothing new."""
    first = rows["last_posting_id"] == 0
    result.lines.append(_keyed(cash_lines(rows[first]), rows))
    changed = first | (rows["waiting_reason"] != reason)
    outcome = np.where((reason == "") & (rows["paid_cents"] == 0), INFORMATIONAL, UNAPPLIED_CASH)
    result.decide(rows[changed], pd.Series(outcome, index=rows.index)[changed], reason[changed])
    result.raise_exception(rows[changed], reason[changed])


def _keyed(lines: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Add family_id, journal_key and reverses_key to the lines of claim payments `rows`."""
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


def _reverse(
    rows: pd.DataFrame, decided: pd.DataFrame, decided_lines: pd.DataFrame, result: Proposal
) -> tuple[pd.DataFrame, pd.Series]:
    """Status 22: negate the ledger lines of the decision it takes back; `(lines, superseded claim payment ids)`.

    The original is of the same payer, payee, number and charge, of the same family where one is known, and agrees in
    the payer's number or in the cash. The adjustments in the file are not classified again. No decision found: the cash
    goes to 2200 (REVERSAL_ORPHAN).
    A cash amount that differs goes to 2200 too (REVERSAL_MISMATCH), so that clearing moves by CLP04.
    """
    none = pd.Series(dtype="int64")
    if rows.empty:
        return empty_lines().assign(family_id=0), none
    originals = decided[decided["outcome"].isin([POSTED, UNAPPLIED_CASH])]
    numbered = rows.assign(number=_number(rows))
    pairs = numbered[numbered["number"] != ""].merge(
        originals.assign(number=_number(originals)), on=["payer_code", "number"], suffixes=("", "_first")
    )
    other_number = pairs["payer_claim_number"] != pairs["payer_claim_number_first"]
    other_cash = pairs["paid_cents"] != -pairs["paid_cents_first"]
    same_family = (pairs["family_id"] == pairs["family_id_first"]) | (pairs["family_id_first"] == 0)
    same_payee = pairs["payee_identifier"] == pairs["payee_identifier_first"]
    fits = (
        (pairs["charge_cents"] < 0)
        & (pairs["charge_cents"] == -pairs["charge_cents_first"])
        & same_payee
        & (same_family | (pairs["family_id"] == 0))
        & ~(other_number & other_cash)
    )
    pairs = pairs.assign(other_number=other_number.astype("int64"), other_cash=other_cash.astype("int64"))
    pairs = pairs[fits].sort_values(["claim_payment_id", "other_number", "other_cash", "place"], kind="stable")
    best = pairs.drop_duplicates("claim_payment_id").drop_duplicates("claim_payment_id_first")

    orphans = rows[~rows["claim_payment_id"].isin(best["claim_payment_id"])].assign(rule_id="C22")
    _wait(orphans, pd.Series("REVERSAL_ORPHAN", index=orphans.index, dtype="str"), result)
    if best.empty:
        return empty_lines().assign(family_id=0), none

    keys = ["claim_payment_id", "claim_payment_id_first", "waiting_reason", "remit_key", "ordinal", "generation"]
    own = decided_lines.rename(columns={"claim_payment_id": "claim_payment_id_first"}).merge(
        best[keys], on="claim_payment_id_first"
    )
    keys_of = own[["claim_payment_id", "journal_key"]].drop_duplicates()
    keys_of = keys_of.assign(nth=keys_of.groupby("claim_payment_id").cumcount() + 1)
    nth = own.merge(keys_of, on=["claim_payment_id", "journal_key"], how="left")["nth"]
    waited = own["waiting_reason"] != ""
    own = own.assign(
        amount_cents=-own["amount_cents"],
        rule_id="C20",
        reverses_key=own["journal_key"],
        # An orphan that waited on 2200 has moved its cash already: its clearing side comes out of 2200 now.
        account=own["account"].where(~(waited & (own["account"] == CLEARING)), UNAPPLIED),
        journal_key="835:"
        + own["remit_key"]
        + ":"
        + own["ordinal"].astype("str")
        + ":rev:"
        + nth.astype("str")
        + ":"
        + own["generation"].astype("str"),
    )
    taken = best.assign(
        reverses_claim_payment_id=best["claim_payment_id_first"],
        family_id=best["family_id_first"],
        payer_sequence=best["payer_sequence_first"],
    )
    off = taken.assign(paid_cents=taken["paid_cents"] + taken["paid_cents_first"], rule_id="C21")
    off = off[off["paid_cents"] != 0]
    result.raise_exception(off, "REVERSAL_MISMATCH")
    mismatch = _keyed(cash_lines(off[off["waiting_reason"] == ""]), off)
    lines = pd.concat([own[mismatch.columns], mismatch], ignore_index=True)
    result.lines.append(lines)
    result.decide(taken, REVERSAL)
    return lines, best["claim_payment_id_first"]


def _adjudicate(
    rows: pd.DataFrame, batch: Batch, receivables: pd.DataFrame, decided: pd.DataFrame, result: Proposal
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Test each decision against the open receivable, then post; `(newly decided, their ledger lines)`."""
    if rows.empty:
        return decided.iloc[:0], empty_lines().assign(family_id=0)
    ids = rows["claim_payment_id"]
    lines, odd = adjudication_lines(
        rows.assign(cash_account=np.where(rows["waiting_reason"] != "", UNAPPLIED, CLEARING)),
        batch.service_payments[batch.service_payments["claim_payment_id"].isin(ids)],
        batch.adjustments[batch.adjustments["claim_payment_id"].isin(ids)],
    )
    tests = _open_receivable_test(rows, lines, receivables, decided)
    rows = rows.merge(tests, on="claim_payment_id")
    for type_code in ("EARLIER_PAYER_MISSING", "CORRECTION_WITHOUT_REVERSAL"):
        stopped = rows[rows["verdict"] == type_code].assign(rule_id="C31")
        _wait(stopped, stopped["verdict"], result)
    repeats = rows[rows["verdict"] == MEMO]
    result.decide(repeats, MEMO)
    passed = rows[rows["verdict"].isin([POSTED, "CREDIT_BALANCE"])]
    result.decide(passed, POSTED)
    over = passed[passed["verdict"] == "CREDIT_BALANCE"]
    result.raise_exception(over, "CREDIT_BALANCE", over["over_cents"])
    lines = _keyed(lines[lines["claim_payment_id"].isin(passed["claim_payment_id"])], passed)
    result.lines.append(lines)
    odd = odd[odd["claim_payment_id"].isin(passed["claim_payment_id"])].rename(columns={"rule_exception": "type_code"})
    result.exceptions.append(odd[EXCEPTION_COLUMNS])
    return passed.assign(outcome=POSTED, place=0)[decided.columns.tolist()], lines


def _open_receivable_test(
    rows: pd.DataFrame, lines: pd.DataFrame, receivables: pd.DataFrame, decided: pd.DataFrame
) -> pd.DataFrame:
    """Compare what each claim payment credits to the receivable of its payer with what is open there.

    Per line; per claim as a whole when the family has any entry at line 0. Gives claim_payment_id, verdict (posted,
    memo, CREDIT_BALANCE, or the exception that stops it) and over_cents.
    """
    keys = ["family_id", "payer_sequence", "line_number"]
    owner = rows[["claim_payment_id", "family_id", "payer_sequence", "is_repeat", "paid_cents"]]
    own = lines[lines["rule_id"].isin(["C13", "C15"])]
    need = (-own.groupby(["claim_payment_id", "line_number"])["amount_cents"].sum()).rename("need_cents").reset_index()
    need = need.merge(owner, on="claim_payment_id")
    at_line_0 = set(receivables.loc[receivables["line_number"] == 0, "family_id"]) | set(
        need.loc[need["line_number"] == 0, "family_id"]
    )
    whole = need["family_id"].isin(at_line_0)
    need["line_number"] = need["line_number"].where(~whole, 0)
    need = need.groupby(["claim_payment_id", *keys, "is_repeat", "paid_cents"])["need_cents"].sum().reset_index()
    open_rows = receivables.assign(
        line_number=receivables["line_number"].where(~receivables["family_id"].isin(at_line_0), 0)
    )
    open_cents = open_rows.groupby(keys)["amount_cents"].sum()
    need["open_cents"] = open_cents.reindex(pd.MultiIndex.from_frame(need[keys]), fill_value=0).to_numpy()
    need["over_cents"] = (need["need_cents"] - need["open_cents"]).clip(lower=0)

    per_claim = need.groupby("claim_payment_id")["over_cents"].sum().reindex(owner["claim_payment_id"], fill_value=0)
    is_over = per_claim.to_numpy() > 0
    posted = decided[decided["outcome"] == POSTED]
    earlier = pd.MultiIndex.from_frame(owner[["family_id", "payer_sequence"]]).isin(
        pd.MultiIndex.from_frame(posted[["family_id", "payer_sequence"]])
    )
    any_open = open_rows.groupby(["family_id", "payer_sequence"])["amount_cents"].sum()
    nothing_open = any_open.reindex(pd.MultiIndex.from_frame(owner[["family_id", "payer_sequence"]])).fillna(0) == 0
    later_payer = owner["payer_sequence"].isin(["S", "T"]).to_numpy()
    some_decision = owner["family_id"].isin(posted["family_id"]).to_numpy()
    repeat = owner["is_repeat"].to_numpy() & (owner["paid_cents"] == 0).to_numpy()
    verdict = np.select(
        [
            ~is_over,
            later_payer & ~some_decision & nothing_open.to_numpy(),
            earlier & repeat,
            earlier,
        ],
        [POSTED, "EARLIER_PAYER_MISSING", MEMO, "CORRECTION_WITHOUT_REVERSAL"],
        "CREDIT_BALANCE",
    )
    return pd.DataFrame(
        {
            "claim_payment_id": owner["claim_payment_id"].to_numpy(),
            "verdict": verdict,
            "over_cents": per_claim.to_numpy(),
        }
    ).astype({"verdict": "str"})


def _add(receivables: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Carry the movement of 1100 into the open receivables that the next round sees."""
    moved = lines[lines["account"] == RECEIVABLE]
    return receivables if moved.empty else pd.concat([receivables, moved[receivables.columns]], ignore_index=True)


def propose_provider_adjustments(provider_adjustments: pd.DataFrame, payables: pd.DataFrame) -> Proposal:
    """Propose the PLB postings of remittances.

    `provider_adjustments`: provider_adjustment_id, remit_id, reason_code, reference, reference_matches, amount_cents,
    payer_code, in posting order. `payables`: balance of 2100 and 2110 by account, payer_code, reference before this
    posting (amount_cents). A recovery (WO) or returned forward balance (FB) that nothing announced leaves a debit
    there and is an exception.
    """
    result = Proposal()
    lines = provider_adjustment_lines(provider_adjustments)
    rows = lines.merge(provider_adjustments[["provider_adjustment_id", "remit_id"]], on="provider_adjustment_id")
    result.lines.append(rows.drop(columns="plb_exception"))
    odd = rows[rows["plb_exception"] != ""].rename(columns={"plb_exception": "type_code"})
    keys = ["account", "payer_code", "reference"]
    owed = rows[rows["account"].isin(["2100", "2110"])].copy()
    before = payables.set_index(keys)["amount_cents"] if not payables.empty else pd.Series(dtype="int64")
    start = before.reindex(pd.MultiIndex.from_frame(owed[keys]), fill_value=0).to_numpy() if len(before) else 0
    owed["balance_cents"] = owed.groupby(keys)["amount_cents"].cumsum() + start
    # Judged at the end of the remittance, on its last entry for the reference.
    last = owed.drop_duplicates([*keys, "remit_id"], keep="last")
    taken = owed.groupby([*keys, "remit_id"])["amount_cents"].transform("sum").reindex(last.index)
    last = last[(last["balance_cents"] > 0) & (taken > 0)]
    last = last.assign(
        type_code=np.where(last["account"] == "2100", "WO_WITHOUT_REVERSAL", "FB_WITHOUT_FORWARD"),
        amount_cents=last["balance_cents"],
    )
    columns = ["provider_adjustment_id", "remit_id", "type_code", "amount_cents"]
    result.exceptions.append(pd.concat([odd[columns], last[columns]], ignore_index=True))
    return result
