"""The open-receivable test: what each decision credits to its payer's receivable against what is open there.

Frames of one round (at most one decision of a claim family) come in; a verdict for each decision, its lines as they may
be posted and the earlier journals to take back go out. Where a rule of the test fits one line, it fits that line alone;
a second decision on a line whose first still stands stops the whole claim payment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from claims.ledger import reversal_pairs
from claims.ledger.proposal import MEMO, POSTED, Batch
from claims.ledger.rules import CLEARING, RECEIVABLE, UNAPPLIED, rank_of_sequence

CREDIT_RULES = ["C13", "C15"]
REDUCTION_RULES = ["C02", "C03", "C04"]  # what a statement of the payer counts as paid for: 4100, 4310
PRICE_RULE = "C02"
REPEAT_REASONS = ["18", "B13"]  # reasons that say: decided before

OPEN, REPEAT, RELEASE, CORRECTION, OVERLAP, OVER = "open", "repeat", "release", "correction", "overlap", "over"


@dataclass
class Tested:
    """What the test found.

    verdicts: claim_payment_id, verdict (POSTED, MEMO or the exception that stops it), over_cents (credited beyond what
    is open), overlap_cents (reductions not posted because they were posted before), unposted_cents (of the reductions,
    all that is not posted). lines: those of the claim payments that post. released: claim_payment_id (the new one),
    claim_payment_id_first, journal_key of the journals to take back.
    """

    verdicts: pd.DataFrame
    lines: pd.DataFrame
    released: pd.DataFrame


def run(
    rows: pd.DataFrame, lines: pd.DataFrame, batch: Batch, receivables: pd.DataFrame, decided: pd.DataFrame,
    decided_lines: pd.DataFrame, waiting: pd.DataFrame,
) -> Tested:  # fmt: skip
    """Test the decisions `rows` with their ledger `lines`; `waiting`: reversals that have found nothing yet."""
    standing = _standing(decided, decided_lines)
    whole = _whole_families(rows, lines, receivables, standing)
    need = _needs(rows, lines, receivables, whole)
    if not (need["over_cents"] > 0).any():
        verdicts = pd.DataFrame({"claim_payment_id": rows["claim_payment_id"].to_numpy(), "verdict": POSTED})
        zeros = {"over_cents": 0, "overlap_cents": 0, "unposted_cents": 0}
        return Tested(verdicts.assign(**zeros), lines, _no_release())
    earlier = _earlier(standing, batch.touched, receivables, whole)
    need = _judge(need, rows, batch, earlier)
    need = _taken_back_before(need, reversal_pairs.awaited(_releasing(need, rows), waiting, decided, batch))
    released = _released(need, standing, whole)
    need, released = _only_whole(need, released, standing, decided)
    verdicts = _verdicts(rows, need, decided, receivables)
    passed = verdicts.loc[verdicts["verdict"] == POSTED, "claim_payment_id"]
    need = need[need["claim_payment_id"].isin(passed)]
    kept, unposted = _without_repeats(lines[lines["claim_payment_id"].isin(passed)], need, whole)
    kept, lowered = _lower(kept, need, whole)
    verdicts = verdicts.merge(_sum(need[need["verdict"] == OVER], "over_cents"), how="left")
    verdicts = verdicts.merge(lowered.rename("overlap_cents").reset_index(), how="left")
    verdicts = verdicts.merge(unposted.rename("unposted_cents").reset_index(), how="left")
    amounts = ["over_cents", "overlap_cents", "unposted_cents"]
    verdicts[amounts] = verdicts[amounts].fillna(0).astype("int64")
    # What a lowered reduction leaves above the open balance is a credit; so is what a release does not cover.
    at = verdicts["claim_payment_id"]
    overlaps = need[need["verdict"] == OVERLAP].groupby("claim_payment_id")["over_cents"].sum()
    verdicts["over_cents"] += overlaps.reindex(at, fill_value=0).to_numpy() - verdicts["overlap_cents"]
    short = need[need["verdict"] == RELEASE].groupby("claim_payment_id")["short_cents"].sum()
    verdicts["over_cents"] += short.reindex(at, fill_value=0).to_numpy()
    verdicts["unposted_cents"] += verdicts["overlap_cents"]
    return Tested(verdicts, kept, released[released["claim_payment_id"].isin(passed)])


def _no_release() -> pd.DataFrame:
    names = {"claim_payment_id": "int64", "claim_payment_id_first": "int64", "journal_key": "str"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in names.items()})


def _sum(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return rows.groupby("claim_payment_id")[column].sum().reset_index()


def _standing(decided: pd.DataFrame, decided_lines: pd.DataFrame) -> pd.DataFrame:
    """Ledger lines of decisions that stand, with the payer sequence (`_first`) and posting order of the decision."""
    posted = decided[(decided["outcome"] == POSTED) & (decided["is_released"] == 0)]
    facts = posted[["claim_payment_id", "family_id", "payer_sequence", "posting_order"]].rename(
        columns={"payer_sequence": "sequence_first"}
    )
    return decided_lines.drop(columns="family_id").merge(facts, on="claim_payment_id")


def _whole_families(
    rows: pd.DataFrame, lines: pd.DataFrame, receivables: pd.DataFrame, standing: pd.DataFrame
) -> set[int]:
    """Families with any entry at line 0 are tested as a whole: charges sit on lines and the posting on line 0."""
    family = rows.set_index("claim_payment_id")["family_id"]
    own = lines.loc[lines["line_number"] == 0, "claim_payment_id"]
    found = set(receivables.loc[receivables["line_number"] == 0, "family_id"])
    return found | set(family.reindex(own)) | set(standing.loc[standing["line_number"] == 0, "family_id"])


def _needs(rows: pd.DataFrame, lines: pd.DataFrame, receivables: pd.DataFrame, whole: set[int]) -> pd.DataFrame:
    """What each decision credits, by line or as a whole, and what is open there."""
    keys = ["family_id", "payer_sequence", "line_number"]
    own = lines[lines["rule_id"].isin(CREDIT_RULES)].merge(rows[["claim_payment_id", "family_id"]])
    own["line_number"] = own["line_number"].where(~own["family_id"].isin(whole), 0)
    need = (-own.groupby(["claim_payment_id", *keys])["amount_cents"].sum()).rename("need_cents").reset_index()
    open_rows = _by_tested_line(receivables, whole)
    open_cents = open_rows.groupby(keys)["amount_cents"].sum()
    need["open_cents"] = open_cents.reindex(pd.MultiIndex.from_frame(need[keys]), fill_value=0).to_numpy()
    return need.assign(over_cents=(need["need_cents"] - need["open_cents"]).clip(lower=0))


def _by_tested_line(rows: pd.DataFrame, whole: set[int]) -> pd.DataFrame:
    return rows.assign(line_number=rows["line_number"].where(~rows["family_id"].isin(whole), 0))


def says_more(lines: pd.DataFrame) -> pd.Series[bool]:
    """Tell ledger lines of decisions that say more than that the claim was decided before."""
    more = (lines["account"] != RECEIVABLE) & ~lines["reason_code"].isin(REPEAT_REASONS)
    return lines["claim_payment_id"].isin(lines.loc[more, "claim_payment_id"])


def _earlier(standing: pd.DataFrame, touched: pd.DataFrame, receivables: pd.DataFrame, whole: set[int]) -> pd.DataFrame:
    """Earlier decisions by family, sequence and tested line: whether one may be taken back, and what that re-opens.

    newest_order: the posting order of the last of them. One that only says that the claim was decided before, and came
    before what it repeats, decided nothing: it has none.
    """
    rows = _by_tested_line(standing, whole)
    rows = rows.assign(posting_order=rows["posting_order"].where(says_more(rows), ""))
    keys = ["family_id", "line_number"]
    moved = _by_tested_line(touched, whole)
    people = {account: pd.MultiIndex.from_frame(moved.loc[moved["account"] == account, keys]) for account in _HELD}
    at = pd.MultiIndex.from_frame(rows[keys])
    at_line_0 = pd.MultiIndex.from_arrays([rows["family_id"], np.zeros(len(rows), dtype="int64")])
    to_next = (rows["account"] == RECEIVABLE) & (rows["payer_sequence"] != rows["sequence_first"])
    open_next = _by_tested_line(receivables, whole).groupby(["family_id", "payer_sequence", "line_number"])
    next_cents = (
        open_next["amount_cents"]
        .sum()
        .reindex(pd.MultiIndex.from_frame(rows[["family_id", "payer_sequence", "line_number"]]), fill_value=0)
    )
    changed = (to_next & (next_cents.to_numpy() < rows["amount_cents"])).to_numpy()
    for account in _HELD:
        by_people = at.isin(people[account]) | at_line_0.isin(people[account])  # a patient's payment names no line
        changed = changed | ((rows["account"] == account).to_numpy() & by_people)
    own_credit = (rows["account"] == RECEIVABLE) & ~to_next
    rows = rows.assign(
        is_fixed=(changed | rows["account"].isin([CLEARING, UNAPPLIED]).to_numpy()).astype("int64"),
        reopens_cents=(-rows["amount_cents"]).where(own_credit, 0),
    )
    by_key = rows.groupby(["family_id", "sequence_first", "line_number"])
    found = by_key.agg(
        is_fixed=("is_fixed", "max"), reopens_cents=("reopens_cents", "sum"), newest_order=("posting_order", "max")
    )
    return found.reset_index().rename(columns={"sequence_first": "payer_sequence"})


_HELD = ("1110", "1200")


def _judge(need: pd.DataFrame, rows: pd.DataFrame, batch: Batch, earlier: pd.DataFrame) -> pd.DataFrame:
    """The first rule of the test that fits each line."""
    need = need.merge(earlier, on=["family_id", "payer_sequence", "line_number"], how="left")
    has_earlier = need["is_fixed"].notna().to_numpy()
    is_fixed = has_earlier & (need["is_fixed"] == 1).to_numpy(dtype=bool)
    # What a payer decided before is not what holds now: an older decision that comes late takes nothing back.
    own_order = rows.set_index("claim_payment_id")["posting_order"].reindex(need["claim_payment_id"]).to_numpy()
    is_older = has_earlier & (own_order < need["newest_order"].fillna("").to_numpy())
    need["reopens_cents"] = need["reopens_cents"].fillna(0).astype("int64")
    need["short_cents"] = (need["over_cents"] - need["reopens_cents"]).clip(lower=0)
    paid = batch.service_payments.groupby(["claim_payment_id", "line_number"])["paid_cents"].sum()
    own_paid = paid.reindex(pd.MultiIndex.from_frame(need[["claim_payment_id", "line_number"]]), fill_value=0)
    claim_paid = rows.set_index("claim_payment_id")["paid_cents"].reindex(need["claim_payment_id"])
    no_cash = np.where(need["line_number"] == 0, claim_paid.to_numpy(), own_paid.to_numpy()) == 0
    line_of = batch.service_payments.set_index("service_payment_id")["line_number"]
    says = batch.repeats.assign(
        line_number=line_of.reindex(batch.repeats["service_payment_id"], fill_value=-1).to_numpy()
    )
    at = pd.MultiIndex.from_frame(need[["claim_payment_id", "line_number"]])
    of_claim = says.loc[says["service_payment_id"] == 0, "claim_payment_id"]
    is_whole = need["line_number"].to_numpy() == 0
    is_repeat = (
        at.isin(pd.MultiIndex.from_frame(says[["claim_payment_id", "line_number"]]))
        | need["claim_payment_id"].isin(of_claim).to_numpy()
        | (is_whole & need["claim_payment_id"].isin(says["claim_payment_id"]).to_numpy())
    )
    is_later = (rank_of_sequence(need["payer_sequence"]) > 0).to_numpy()
    verdict = np.select(
        [
            (need["over_cents"] == 0).to_numpy(),
            has_earlier & no_cash & is_repeat,
            has_earlier & ~is_fixed & ~is_older,
            has_earlier,
            is_later,
        ],
        [OPEN, REPEAT, RELEASE, CORRECTION, OVERLAP],
        OVER,
    )
    return need.assign(verdict=pd.Series(verdict, index=need.index, dtype="str"))


def _releasing(need: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["claim_payment_id"].isin(need.loc[need["verdict"] == RELEASE, "claim_payment_id"])]


def _taken_back_before(need: pd.DataFrame, awaited: pd.Series) -> pd.DataFrame:
    """Let a decision wait whose reversal waits for it (`awaited`) and is no later than what it would release.

    It was taken back before that was decided, whatever their keys say; the reversal finds it where it lies.
    """
    back = awaited.reindex(need["claim_payment_id"]).fillna("").to_numpy()
    is_over = (back != "") & (back <= need["newest_order"].fillna("").to_numpy())
    return need.assign(verdict=need["verdict"].where(~(is_over & (need["verdict"] == RELEASE)), CORRECTION))


def _released(need: pd.DataFrame, standing: pd.DataFrame, whole: set[int]) -> pd.DataFrame:
    """Journals of earlier decisions that lines with the verdict RELEASE take back."""
    keys = ["family_id", "payer_sequence", "line_number"]
    wanted = need.loc[need["verdict"] == RELEASE, ["claim_payment_id", *keys]]
    if wanted.empty:
        return _no_release()
    first = _by_tested_line(standing, whole)[
        ["claim_payment_id", "family_id", "sequence_first", "line_number", "journal_key"]
    ].rename(columns={"claim_payment_id": "claim_payment_id_first", "sequence_first": "payer_sequence"})
    found = wanted.merge(first, on=keys)
    return found[list(_no_release().columns)].drop_duplicates(ignore_index=True)


def _only_whole(
    need: pd.DataFrame, released: pd.DataFrame, standing: pd.DataFrame, decided: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A decision that paid nothing at all is taken back whole or not at all: its denial is one case."""
    left = standing[~standing["journal_key"].isin(released["journal_key"])]
    unpaid = decided.loc[decided["paid_cents"] == 0, "claim_payment_id"]
    part = released["claim_payment_id_first"].isin(left["claim_payment_id"]) & released["claim_payment_id_first"].isin(
        unpaid
    )
    stopped = released.loc[part, "claim_payment_id"]
    is_stopped = need["claim_payment_id"].isin(stopped) & (need["verdict"] == RELEASE)
    need = need.assign(verdict=need["verdict"].where(~is_stopped, CORRECTION))
    return need, released[~released["claim_payment_id"].isin(stopped)]


def _verdicts(rows: pd.DataFrame, need: pd.DataFrame, decided: pd.DataFrame, receivables: pd.DataFrame) -> pd.DataFrame:
    """One verdict per claim payment."""
    owner = rows[["claim_payment_id", "family_id", "payer_sequence"]]
    over = need.loc[need["over_cents"] > 0, "claim_payment_id"]
    is_over = owner["claim_payment_id"].isin(over).to_numpy()
    rank = rank_of_sequence(owner["payer_sequence"])
    posted = decided[(decided["outcome"] == POSTED) & (decided["is_released"] == 0)]
    first_rank = rank_of_sequence(posted["payer_sequence"]).groupby(posted["family_id"]).min()
    decided_before = first_rank.reindex(owner["family_id"], fill_value=99).to_numpy() < rank.to_numpy()
    any_open = receivables.groupby(["family_id", "payer_sequence"])["amount_cents"].sum()
    turn = pd.MultiIndex.from_frame(owner[["family_id", "payer_sequence"]])
    nothing_open = any_open.reindex(turn, fill_value=0).to_numpy() <= 0
    own_decision = turn.isin(pd.MultiIndex.from_frame(posted[["family_id", "payer_sequence"]]))
    stopped = need.loc[need["verdict"] == CORRECTION, "claim_payment_id"]
    other = need.loc[need["verdict"] != REPEAT, "claim_payment_id"]
    repeat = need.loc[need["verdict"] == REPEAT, "claim_payment_id"]
    only_repeats = owner["claim_payment_id"].isin(repeat) & ~owner["claim_payment_id"].isin(other)
    verdict = np.select(
        [
            ((rank > 0).to_numpy() & is_over & ~decided_before & nothing_open & ~own_decision),
            owner["claim_payment_id"].isin(stopped).to_numpy(),
            only_repeats.to_numpy(),
        ],
        ["EARLIER_PAYER_MISSING", "CORRECTION_WITHOUT_REVERSAL", MEMO],
        POSTED,
    )
    return pd.DataFrame({"claim_payment_id": owner["claim_payment_id"].to_numpy(), "verdict": verdict}).astype(
        {"verdict": "str"}
    )


def _without_repeats(lines: pd.DataFrame, need: pd.DataFrame, whole: set[int]) -> tuple[pd.DataFrame, pd.Series]:
    """Leave out the lines that repeat an earlier decision: `(lines, reductions left out by claim payment)`."""
    gone = need.loc[need["verdict"] == REPEAT, ["claim_payment_id", "line_number"]]
    at = pd.MultiIndex.from_frame(lines[["claim_payment_id", "line_number"]])
    is_gone = at.isin(pd.MultiIndex.from_frame(gone))
    reduced = lines[is_gone & lines["rule_id"].isin(REDUCTION_RULES).to_numpy()]
    return lines[~is_gone], reduced.groupby("claim_payment_id")["amount_cents"].sum()


def _lower(lines: pd.DataFrame, need: pd.DataFrame, whole: set[int]) -> tuple[pd.DataFrame, pd.Series]:
    """Rule 5: a later payer's price reductions that exceed what is open fall by the excess, and the credit with them.

    `(lines, cents lowered by claim payment)`. Cash is never lowered. Where the claim is tested as a whole, all its
    lines stand at line 0, so that the journal stays balanced.
    """
    wanted = need[need["verdict"] == OVERLAP]
    if wanted.empty:
        return lines, pd.Series(dtype="int64", index=pd.Index([], name="claim_payment_id", dtype="int64"))
    as_whole = wanted.loc[wanted["family_id"].isin(whole), "claim_payment_id"]
    lines = lines.assign(line_number=lines["line_number"].where(~lines["claim_payment_id"].isin(as_whole), 0))
    excess = wanted.set_index(["claim_payment_id", "line_number"])["over_cents"]
    is_price = (lines["rule_id"] == PRICE_RULE) & (lines["amount_cents"] > 0)
    price, price_left = _take(lines[is_price], excess)
    lowered = excess - price_left
    is_credit = lines["rule_id"].isin(CREDIT_RULES) & (lines["amount_cents"] < 0)
    credit, _ = _take(lines[is_credit].assign(amount_cents=-lines.loc[is_credit, "amount_cents"]), lowered)
    amounts = lines["amount_cents"].copy()
    amounts.loc[price.index] -= price
    amounts.loc[credit.index] += credit
    lines = lines.assign(amount_cents=amounts)
    return lines[lines["amount_cents"] != 0], lowered.groupby("claim_payment_id").sum()


def _take(rows: pd.DataFrame, wanted: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Take `wanted` (by claim payment and line) from the amounts of `rows` in order: what each gives, what is left."""
    at = pd.MultiIndex.from_frame(rows[["claim_payment_id", "line_number"]])
    asked = wanted.reindex(at, fill_value=0).to_numpy()
    before = rows.groupby(["claim_payment_id", "line_number"])["amount_cents"].cumsum() - rows["amount_cents"]
    given = np.minimum(np.maximum(asked - before.to_numpy(), 0), rows["amount_cents"].to_numpy())
    taken = pd.Series(given, index=rows.index, dtype="int64")
    total = taken.groupby([rows["claim_payment_id"], rows["line_number"]]).sum()
    return taken, wanted - total.reindex(wanted.index, fill_value=0)
