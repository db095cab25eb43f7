"""Which decision a reversal (status 22) takes back, and in what the two differ: frames of both in, pairs out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.ledger.proposal import EXCEPTION_COLUMNS, POSTED, UNAPPLIED_CASH, Batch, number_of
from claims.money import amount

PAIR = ["claim_payment_id", "claim_payment_id_first"]
# What the pairs are sorted by and what of that is asked here: the rest `_fitting` says.
_ASKED = ["order", "is_other", "blocks_correction", "has_rival"]
_ORDER = [
    *("order", "is_other", "other_number", "other_lines", "other_cash", "other_original", "other_amounts"),
    "blocks_correction",
]
BY_NUMBER, BY_AMOUNTS = "payer-claim-number", "number-and-amounts"  # words of claim_postings.known_by


def originals(rows: pd.DataFrame, decided: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Pair each reversal with the decision that it takes back: its columns, those of the decision with `_first`.

    Of several the one with the payer's number, with the same lines, with the same cash, whose number the reversal gives
    as that of what it takes back (REF*F8), whose adjustments it mirrors; then one that stands, where the remittance of
    the reversal decides the claim anew; then the newest. Each decision is taken back once, by the first of `rows` that
    wants it; the next one takes what is left. What is posted once more takes back what it took back the first time.
    `known_by` says by what the two are one.
    """
    pairs = _fitting(rows, decided, batch)
    is_other = (pairs["took_back"] != 0) & (pairs["took_back"] != pairs["claim_payment_id_first"])
    pairs = pairs.assign(is_other=is_other, blocks_correction=_blocks_correction(pairs, batch.corrections))
    order = pd.Series(np.arange(len(rows)), index=rows["claim_payment_id"])
    pairs = pairs.assign(order=order.reindex(pairs["claim_payment_id"]).to_numpy("int64"))
    pairs = pairs.sort_values([*_ORDER, "place_first"], kind="stable")
    best = pairs.drop_duplicates("claim_payment_id")
    if best["claim_payment_id_first"].duplicated().any():
        best = pairs[_in_turn(pairs)]
    return best.assign(known_by=_known_by(best, pairs)).drop(columns=_ASKED)


def _known_by(best: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """Say where the amounts chose: of several decisions under the payer's number the reversal mirrors this one only."""
    numbered = pairs[pairs["known_by"] == BY_NUMBER]
    mirrors = (numbered["other_cash"] == 0) & (numbered["other_amounts"] == 0)
    of_reversal = mirrors.groupby(numbered["claim_payment_id"])
    chosen = of_reversal.size().index[(of_reversal.size() > 1) & (of_reversal.sum() == 1)]
    is_mirror = (best["other_cash"] == 0) & (best["other_amounts"] == 0) & (best["known_by"] == BY_NUMBER)
    is_chosen = best["has_rival"] | best["claim_payment_id"].isin(chosen)
    return best["known_by"].mask(is_mirror & is_chosen, BY_AMOUNTS)


def _blocks_correction(pairs: pd.DataFrame, corrections: pd.DataFrame) -> pd.Series:
    """Tell which pairs leave standing the decision in whose place a correction comes beside the reversal.

    A payment that waits holds nothing: where it was taken back, the correction would find the claim decided and wait.
    """
    stands = (pairs["outcome_first"] == POSTED) & (pairs["is_released_first"] == 0)
    return ~stands & _is_corrected(pairs, corrections)


def _is_corrected(pairs: pd.DataFrame, corrections: pd.DataFrame) -> np.ndarray:
    """Tell where the remittance of the reversal decides the claim anew, for the payer of the decision."""
    at = pd.MultiIndex.from_frame(pairs[["remit_id", "family_id_first", "payer_sequence_first"]])
    is_corrected: np.ndarray = at.isin(pd.MultiIndex.from_frame(corrections))
    return is_corrected


def _in_turn(pairs: pd.DataFrame) -> list[bool]:
    """Tell which pairs hold: of each reversal in its turn the first whose decision nobody took before."""
    served: set[int] = set()
    taken: set[int] = set()
    holds = []
    for reversal, decision in zip(pairs["claim_payment_id"], pairs["claim_payment_id_first"], strict=True):
        holds.append(reversal not in served and decision not in taken)
        if holds[-1]:
            served.add(reversal)
            taken.add(decision)
    return holds


def takes_nothing_back(rows: pd.DataFrame, decided: pd.DataFrame, batch: Batch) -> pd.Series:
    """Tell which reversals among `rows` fit no decision in the books, nor any other among `rows`: a mask."""
    is_back = rows["clp_post"] == "reverse"
    if not is_back.any():
        return is_back
    pairs = _fitting(rows[is_back], _as_decided(rows[~is_back], decided), batch)
    return is_back & ~rows["claim_payment_id"].isin(pairs["claim_payment_id"])


def waits(batch: Batch) -> pd.DataFrame:
    """Give the reversals that have found nothing and are not tried in this batch (columns of `Batch.decided`)."""
    before = batch.decided[(batch.decided["status_code"] == "22") & (batch.decided["outcome"] == UNAPPLIED_CASH)]
    here = batch.claim_payments
    again = here[(here["clp_post"] == "reverse") & (here["held_reason"] != "")]
    return pd.concat([before[~before["claim_payment_id"].isin(here["claim_payment_id"])], as_posted(again, before)])


def awaited(rows: pd.DataFrame, waiting: pd.DataFrame, decided: pd.DataFrame, batch: Batch) -> pd.Series:
    """Give the posting order of the first reversal among `waiting` that would take back each of the decisions `rows`.

    By claim payment; those that none waits for are left out.
    """
    if waiting.empty or rows.empty:
        return pd.Series(dtype="str", index=pd.Index([], dtype="int64"))
    pairs = _fitting(waiting, _as_decided(rows, decided), batch)
    pairs = pairs[pairs["claim_payment_id_first"].isin(rows["claim_payment_id"])]
    return pairs.groupby("claim_payment_id_first")["posting_order"].min()


def _as_decided(rows: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """Add `rows` to the decisions: only what fits is asked, so they need no outcome and place of their own."""
    return pd.concat([decided, as_posted(rows, decided)], ignore_index=True)


def as_posted(rows: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """Give claim payments the columns of `decided`, as if posted."""
    return rows.assign(outcome=POSTED, is_released=0, place=0)[decided.columns.tolist()]


def _fitting(rows: pd.DataFrame, decided: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """All pairs of a reversal and a decision that it may take back.

    Both are of one payer, payee and charge, and of no two families. What makes them one is the payer's number, as CLP07
    or as REF*F8 of the reversal: with our number, for no other member, or within a family, where a payer may name the
    void and not the claim that it voids.
    Failing that our number and the cash: within a family, where some cash moved or no number speaks against it; outside
    of it only for one member, and never against the payer's number, for a number of ours that is none (NONE, 0) is
    everybody's. A reversal that names a decision which was taken back already takes no other one. Where a person has
    said which claim is meant, the amounts decide. It was decided before: what a payer says later, or next in the same
    remittance, is the correction, also where the original has not come. What names other services takes back another
    part of the claim.
    """
    pairs = _candidates(rows, decided)
    number, number_first = pairs["payer_claim_number"], pairs["payer_claim_number_first"]
    original = pairs["original_reference"]
    by_original = (original == number_first) & (original != "")
    other_number = (number != number_first) & ~by_original
    both_named = ((number != "") | (original != "")) & (number_first != "")
    same_family = (pairs["family_id"] == pairs["family_id_first"]) & (pairs["family_id"] != 0)
    has_family = (pairs["family_id"] != 0) & (pairs["family_id_first"] != 0)
    member, member_first = pairs["member_id"], pairs["member_id_first"]
    nobody_else = (member == member_first) | (member == "") | (member_first == "")
    by_number = ~other_number & both_named & (same_family | (nobody_else & ~has_family))
    same_member = (member == member_first) & (member != "") & ~has_family
    some_cash = pairs["paid_cents"] != 0
    by_cash = (pairs["paid_cents"] == -pairs["paid_cents_first"]) & (
        (same_family & (some_cash | ~both_named)) | (same_member & some_cash & ~both_named)
    )
    by_hand = pairs["is_by_hand"] & same_family
    fits = (by_number | by_cash | by_hand) & _is_earlier(pairs, other_number & ~pairs["is_by_hand"])
    named = pairs.loc[fits & by_number, "claim_payment_id"]
    fits &= by_number | pairs["is_by_hand"] | ~pairs["claim_payment_id"].isin(named)
    fits &= pairs["outcome_first"].isin([POSTED, UNAPPLIED_CASH])
    pairs = pairs.assign(
        other_number=other_number.astype("int64"),
        other_cash=(pairs["paid_cents"] != -pairs["paid_cents_first"]).astype("int64"),
        other_original=(~by_original).astype("int64"),
        known_by=pd.Series(
            np.select(
                [by_original & by_number, by_number, pairs["is_by_hand"]],
                ["original-reference", BY_NUMBER, "by-hand"],
                "cash",
            ),
            index=pairs.index,
            dtype="str",
        ),
        is_misnamed=other_number & both_named & ~pairs["is_by_hand"],
        is_misquoted=(original != "") & ~by_original & ~_is_of_family(pairs, decided) & ~pairs["is_by_hand"],
    )[fits]
    pairs = pairs.assign(other_amounts=_amounts_differ(pairs, batch.adjustments).astype("int64"))
    in_doubt = _in_doubt(pairs) & ~_is_corrected(pairs, batch.corrections)
    rival = pairs["claim_payment_id"].isin(pairs.loc[in_doubt, "claim_payment_id"])
    pairs = pairs.assign(has_rival=rival)[~in_doubt]
    is_other, is_apart = _lines_differ(pairs, batch.service_payments)
    pairs = pairs.assign(other_lines=is_other.astype("int64"))
    fitting: pd.DataFrame = pairs[~is_apart | pairs["is_by_hand"].to_numpy(bool)]
    return fitting


def _is_of_family(pairs: pd.DataFrame, decided: pd.DataFrame) -> np.ndarray:
    """Tell where REF*F8 is the payer's number of another decision on the same claim: payers name the first of all."""
    known = pd.MultiIndex.from_frame(decided.loc[decided["family_id"] != 0, ["family_id", "payer_claim_number"]])
    named: np.ndarray = pd.MultiIndex.from_frame(pairs[["family_id_first", "original_reference"]]).isin(known)
    return named


# What a reversal says of the decision is another column of that.
_THEIRS = {"original_reference": "payer_claim_number"}


def _candidates(rows: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """Pairs that share what one of the ways to find a decision asks for, also with decisions taken back already.

    Each way has keys that few share: under a number that is none stand thousands of strangers.
    """
    known = decided[decided["charge_cents"] > 0].drop_duplicates("claim_payment_id", keep="last")
    known = known.assign(number=number_of(known), worth=known["charge_cents"], cash=known["paid_cents"])
    known = known.add_suffix("_first")
    own = rows.assign(number=number_of(rows), worth=-rows["charge_cents"], cash=-rows["paid_cents"])
    in_family, is_named, has_number = own["family_id"] != 0, own["payer_claim_number"] != "", own["number"] != ""
    gives_original = own["original_reference"] != ""
    ways = [
        (is_named & has_number, ["number", "payer_claim_number"]),
        (is_named & in_family, ["family_id", "payer_claim_number"]),
        (gives_original & has_number, ["number", "original_reference"]),
        (gives_original & in_family, ["family_id", "original_reference"]),
        (in_family & has_number, ["family_id", "number", "cash"]),
        (has_number & (own["member_id"] != ""), ["member_id", "number", "cash"]),
        (in_family & own["is_by_hand"], ["family_id"]),
    ]
    found = []
    for asks, names in ways:
        keys = ["payer_code", "payee_identifier", "worth", *names]
        theirs = [f"{_THEIRS.get(name, name)}_first" for name in keys]
        found.append(own[asks].merge(known, left_on=keys, right_on=theirs))
    return pd.concat(found, ignore_index=True).drop_duplicates(PAIR, ignore_index=True)


def _is_earlier(pairs: pd.DataFrame, other_number: pd.Series) -> pd.Series:
    """Tell which decisions came before the reversal: an earlier place in the remittance, or no later day.

    Of two remittances of one day nobody can say which is first; then the payer's number has to agree.
    """
    day, day_first = (pairs[name].str.split("|").str[0] for name in ("posting_order", "posting_order_first"))
    same_remit = pairs["posting_order"] == pairs["posting_order_first"]
    earlier_day = (day == "") | (day_first < day) | ((day_first == day) & ~other_number)
    return earlier_day.where(~same_remit, pairs["ordinal_first"] < pairs["ordinal"])


def _in_doubt(pairs: pd.DataFrame) -> pd.Series:
    """Tell which decisions may have come after the reversal: of its day, in another remittance, and not its mirror.

    What is taken back is then another decision, or one that has not come. Cash tells; where none moved, adjustments.
    (Not asked where the remittance of the reversal decides the claim anew: what comes after that has one of its own.)
    """
    day, day_first = (pairs[name].str.split("|").str[0] for name in ("posting_order", "posting_order_first"))
    same_day = (day == day_first) & (day != "") & (pairs["posting_order"] != pairs["posting_order_first"])
    no_mirror = (pairs["other_cash"] == 1) | ((pairs["paid_cents"] == 0) & (pairs["other_amounts"] == 1))
    took_back = pairs["took_back"] if "took_back" in pairs else pd.Series(0, index=pairs.index)
    return same_day & no_mirror & ~pairs["is_by_hand"] & (took_back != pairs["claim_payment_id_first"])


def _amounts_differ(pairs: pd.DataFrame, adjustments: pd.DataFrame) -> pd.Series:
    """Tell which pairs have other adjustments by group and reason; group CR, of reversals only, says no group."""
    own = adjustments[["claim_payment_id", "group_code", "reason_code", "amount_cents"]]
    rows = pairs[PAIR].reset_index(names="pair")
    back = rows.merge(own, on="claim_payment_id")
    first = rows.merge(own.rename(columns={"claim_payment_id": "claim_payment_id_first"}), on="claim_payment_id_first")
    both = pd.concat([back, first], ignore_index=True)
    no_group = both["pair"].isin(back.loc[back["group_code"] == "CR", "pair"])
    both["group_code"] = both["group_code"].astype("str").mask(no_group, "")
    off = both.groupby(["pair", "group_code", "reason_code"], observed=True)["amount_cents"].sum()
    differs = off[off != 0].index.get_level_values("pair")
    return pd.Series(pairs.index.isin(differs), index=pairs.index)


def _lines_differ(pairs: pd.DataFrame, services: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Tell which pairs do not name the same lines, and which have no service in common.

    Lines are the same by service and charge, and by the lines of our claim where all of both are matched to some: what
    was matched to a replacement finds no line there that the replacement changed. A side without lines says nothing.
    """
    own = services[services["claim_payment_id"].isin([*pairs["claim_payment_id"], *pairs["claim_payment_id_first"]])]
    charge = own["charge_cents"].abs().astype("str")
    own = own.assign(
        service=own["procedure_code"] + " " + charge,
        number=own["line_number"].astype("str").where(own["line_number"] != 0, ""),
    )
    facts = own.sort_values("service").groupby("claim_payment_id")["service"].agg("|".join)
    unmatched = own.loc[own["number"] == "", "claim_payment_id"]
    placed = own[~own["claim_payment_id"].isin(unmatched)].sort_values("number")
    numbers = placed.groupby("claim_payment_id")["number"].agg("|".join)
    sides = [pairs["claim_payment_id"], pairs["claim_payment_id_first"]]
    fact, fact_first = (facts.reindex(side).to_numpy(dtype=object) for side in sides)
    number, number_first = (numbers.reindex(side).to_numpy(dtype=object) for side in sides)
    both = ~(pd.isna(fact) | pd.isna(fact_first))
    numbered = ~(pd.isna(number) | pd.isna(number_first))
    is_other = both & ((fact != fact_first) | (numbered & (number != number_first)))
    at = own[["claim_payment_id", "procedure_code"]].drop_duplicates()
    shared = pairs.loc[is_other, PAIR].merge(at, on="claim_payment_id")
    at = at.rename(columns={"claim_payment_id": "claim_payment_id_first"})
    shared = shared.merge(at, on=["claim_payment_id_first", "procedure_code"])
    has_shared = pd.MultiIndex.from_frame(pairs[PAIR]).isin(pd.MultiIndex.from_frame(shared[PAIR]))
    is_other_line = is_other & numbered & (fact == fact_first)
    return is_other, is_other & (~has_shared | is_other_line)


def mismatches(taken: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Exceptions (with a message) of reversals that differ from the decision `_first` that they take back.

    Cash is compared, the payer's number, and what was adjusted by group and reason; payers put an amount on the claim
    that stood on its lines, which is no difference in money.
    """
    adjustments = batch.adjustments[["claim_payment_id", "group_code", "reason_code", "amount_cents"]]
    back = adjustments[adjustments["claim_payment_id"].isin(taken["claim_payment_id"])]
    first = adjustments.rename(columns={"claim_payment_id": "claim_payment_id_first"}).merge(
        taken[PAIR], on="claim_payment_id_first"
    )
    both = pd.concat([back, first[back.columns]], ignore_index=True)
    keys = ["claim_payment_id", "group_code", "reason_code"]
    off = both.groupby(keys, as_index=False)["amount_cents"].sum()
    off = off[off["amount_cents"] != 0]
    worth = off.assign(amount_cents=off["amount_cents"].abs()).groupby("claim_payment_id")["amount_cents"].sum() // 2
    told = [
        f"{group}-{reason} by {amount(cents)}"
        for group, reason, cents in zip(off["group_code"], off["reason_code"], off["amount_cents"], strict=True)
    ]
    words = off.assign(word=pd.Series(told, index=off.index, dtype="str")).groupby("claim_payment_id")["word"]
    cash = taken["paid_cents"] + taken["paid_cents_first"]
    at = taken["claim_payment_id"]
    differing = words.agg(", ".join).reindex(at).fillna("").to_numpy(dtype=object)
    cents = np.where(cash != 0, cash, worth.reindex(at, fill_value=0).to_numpy())
    in_question = taken["is_misnamed"] | taken["is_misquoted"]
    cents = np.where((cents == 0) & in_question, taken["paid_cents_first"], cents)  # all of it
    rows = taken.assign(
        amount_cents=cents,
        type_code="REVERSAL_MISMATCH",
        message=[
            _said(*one)
            for one in zip(
                cash.tolist(),
                taken["is_misnamed"].tolist(),
                taken["is_misquoted"].tolist(),
                taken["other_lines"].tolist(),
                differing,
                strict=True,
            )
        ],
    )
    return rows.loc[rows["message"] != "", [*EXCEPTION_COLUMNS, "message"]]


def _said(cash: int, is_misnamed: bool, is_misquoted: bool, other_lines: int, differing: str) -> str:
    parts = [
        f"in cash by {amount(cash)}" if cash else "",
        "in the payer's claim number" if is_misnamed else "",
        "in the payer's number of what it takes back (REF*F8)" if is_misquoted else "",
        "in its lines" if other_lines else "",
        f"in {differing}" if differing else "",
    ]
    said = "; ".join(part for part in parts if part)
    return f"A reversal that differs from the decision it takes back: {said}" if said else ""
