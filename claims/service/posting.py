"""Ready remittances become journals; what waits on unapplied cash is tried again."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims import codes
from claims.denials import classify, remark_exceptions
from claims.ledger import post, proposal
from claims.ledger.open_test import CREDIT_RULES, REPEAT_REASONS
from claims.ledger.rules import RECEIVABLE, rank_of_sequence
from claims.service.configured_adjustments import post_configured
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.service.master import load_master
from claims.service.parking import park
from claims.service.provider_adjustments import adjust_forwards, post_provider_adjustments
from claims.service.standing_again import stand_again
from claims.store import (
    credits,
    earlier,
    exceptions,
    held_first,
    identities,
    overtaken,
    posted,
    posting,
    repeated,
    rests,
    settled,
    statistics,
    takebacks,
    unannounced,
    waiting_adjustments,
)
from claims.store.engine import write
from claims.store.handles import Connection

CLAIMS_PER_BATCH = 50_000

# What is open on a decision is settled when the payer takes the decision back.
SETTLED_BY_REVERSAL = (*posting.RETRIED, "CREDIT_BALANCE", "SECONDARY_SHORT", "SECONDARY_CO_OVERLAP")


def post_remittances(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Post every ready remittance, by payment date and key; try again what waits on unapplied cash.

    One remittance posts in one database transaction, all or nothing.
    """
    counts = {"remittances_posted": 0, "posted_cents": 0, "journals": 0, "payments_applied": 0}
    news = _retry(ctx, run_id, posting_date, counts)
    counts["payments_applied"] += news
    while True:
        statistics.refresh(ctx.engine)
        with write(ctx.engine) as conn:
            remits = posting.ready_remittances(conn, CLAIMS_PER_BATCH)
            if remits.empty:
                break
            ids = remits["remit_id"].tolist()
            _post(conn, ctx, run_id, posting_date, posting.of_remittances(ids), counts, remits)
            counts["journals"] += post_provider_adjustments(conn, ctx, run_id, posting_date, ids)
            posted.mark_posted(conn, ids, posting_date)
            counts["remittances_posted"] += len(remits)
            counts["posted_cents"] += int(remits["payment_cents"].sum())
    # What was posted now, waiting or new, may let go what waits; each round must free something or it is the last.
    news += counts["remittances_posted"]
    while news:
        news = _retry(ctx, run_id, posting_date, counts)
        counts["payments_applied"] += news
    with write(ctx.engine) as conn:
        counts["journals"] += adjust_forwards(conn, ctx, run_id, posting_date)
    counts["journals"] += settle(ctx, run_id, posting_date)["journals"]
    return counts


def post_again(
    ctx: Context, run_id: int, posting_date: date, remits: pd.DataFrame, steps: pd.DataFrame, until: str
) -> dict[str, int]:
    """Post once more what was posted at one instant: `remits`, ready by now, and claim payments in their order.

    `steps`: claim_payment_id, remit_id, place (the order), is_parked (it waits again for what it stood on); and of the
    first time family_id, outcome, reason_code and took_back (what a reversal took back, 0: nothing): what was held
    then, on the same claim, is held again for the same reason, for what it waited for may be there already. `until`:
    when that was the first time; what came to wait then or later is not looked at.
    """
    counts = {"remittances_posted": len(remits), "posted_cents": 0, "journals": 0}
    ids = remits["remit_id"].tolist()
    with write(ctx.engine) as conn:
        own = steps[~steps["is_parked"]].set_index("claim_payment_id")
        with posting.not_posted(conn, own.index.tolist()) as scope:
            _post(conn, ctx, run_id, posting_date, scope, counts, remits, own, until)
        counts["journals"] += park(conn, ctx, run_id, posting_date, steps[steps["is_parked"]])
        counts["journals"] += post_provider_adjustments(conn, ctx, run_id, posting_date, ids, is_replay=True)
        posted.mark_posted(conn, ids, posting_date)
        counts["posted_cents"] = int(remits["payment_cents"].sum())
    return counts


def settle(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Close what the balances of today settle."""
    master = load_master(ctx)
    with write(ctx.engine) as conn:
        journals = post_configured(conn, ctx, run_id, posting_date, master)
        exceptions.close_sets(conn, identities.settled_holds(conn), "replaced", posting_date)
        settled.close_settled(conn, posting_date)
        repeated.close_repeated(conn, posting_date)
        overtaken.close_overtaken(conn, posting_date)
        unannounced.keep_named(conn, posting_date)
        waiting_adjustments.keep_named(conn, posting_date)
        takebacks.name_several_forwards(conn, posting_date)
        held_first.word_releases(conn)
    return {"journals": journals}


def _retry(ctx: Context, run_id: int, posting_date: date, counts: dict[str, int]) -> int:
    freed = after = 0
    while True:
        with write(ctx.engine) as conn:
            scope = posting.of_waiting(after, CLAIMS_PER_BATCH)
            outcome = _post(conn, ctx, run_id, posting_date, scope, counts, None)
            if outcome.empty:
                return freed
            after = int(outcome["claim_payment_id"].max())
            freed += int(outcome["outcome"].isin([proposal.POSTED, proposal.REVERSAL, proposal.MEMO]).sum())


def _post(
    conn: Connection,
    ctx: Context,
    run_id: int,
    posting_date: date,
    scope: posting.Scope,
    counts: dict[str, int],
    remits: pd.DataFrame | None,
    steps: pd.DataFrame | None = None,
    until: str = earlier.ALWAYS,
) -> pd.DataFrame:
    """Propose and write the postings of a scope; gives claim_payment_id and outcome of all claim payments in it.

    `steps`: what is posted again (by claim_payment_id, as in `post_again`), in another order than that of posting.
    `until`: what came to wait then or later is not looked at.
    """
    claims = posting.claim_payments(conn, scope).assign(held_reason="", took_back=0)
    if steps is not None:
        claims = _as_before(claims, steps)
    if claims.empty:
        return claims.assign(outcome="")
    batch, classes, odd_codes = _batch(conn, scope, claims, until)
    proposed = post.propose(batch)
    owner = claims.set_index("claim_payment_id")
    lines = pd.concat(proposed.lines, ignore_index=True)
    at = lines["claim_payment_id"]
    # The first line of a journal names its payment; another may be of a held one whose cash comes off 2200.
    remit_of = pd.concat([rows.set_index("claim_payment_id")["remit_id"] for rows in (claims, batch.decided)])
    rule = lines["rule_id"]
    lines = lines.assign(
        remit_id=remit_of[~remit_of.index.duplicated()].reindex(at).to_numpy(),
        effective_date=owner["payment_date"].reindex(at).to_numpy(),
        source=np.where(owner["waiting_reason"].reindex(at) == "", "835", "apply"),
        journal_reason=np.select(
            [rule == proposal.RELEASE_RULE, rule == proposal.APPLIED_RULE, lines["reverses_key"] != ""],
            ["release", "applied", "reversal"],
            "remittance",
        ),
    )
    counts["journals"] += write_journals(conn, ctx, run_id, posting_date, lines)
    postings = pd.concat(proposed.postings, ignore_index=True)
    postings["waits_since"] = "" if until == earlier.ALWAYS else until
    postings["last_posting_id"] = owner["last_posting_id"].reindex(postings["claim_payment_id"]).to_numpy()
    nothing = pd.DataFrame({"claim_payment_id": [], "is_whole": [], "unposted_cents": []}).astype(
        {"claim_payment_id": "int64", "is_whole": "bool", "unposted_cents": "int64"}
    )
    released = pd.concat([nothing, *proposed.released], ignore_index=True)
    moved = postings.loc[(postings["last_posting_id"] != 0) & (postings["outcome"] == proposal.UNAPPLIED_CASH)]
    since = exceptions.waiting_since(conn, moved["claim_payment_id"].tolist(), [*posting.RETRIED, posting.UNDONE])
    posted.save_postings(conn, postings, released, posting_date)
    counts["journals"] += stand_again(conn, ctx, run_id, posting_date, postings, claims)
    settled = postings[postings["last_posting_id"] != 0]["claim_payment_id"]
    exceptions.close_for(conn, "claim_payment_id", settled, posting.RETRIED, "applied", posting_date)
    taken = postings.loc[postings["reverses_claim_payment_id"] != 0, "reverses_claim_payment_id"]
    taken = pd.concat([taken, released["claim_payment_id"]]).drop_duplicates()
    exceptions.close_for(conn, "claim_payment_id", taken, SETTLED_BY_REVERSAL, "reversed", posting_date)
    raised = pd.concat(
        [*proposed.exceptions, *_notes(batch, classes, postings), _of_posted(odd_codes, postings)], ignore_index=True
    )
    _raise_for_claims(conn, raised, owner, since, posting_date)
    repeated.name_repeated(conn, _decided_again(postings, batch.decided), posting_date)
    credits.name_credits(conn, _lowered(lines), posting_date)
    rests.name_rests(conn, _with_later_payers(lines, postings), posting_date)
    if remits is not None:
        # What is posted once more is read once more; what waits meanwhile keeps how it was read.
        again = [] if steps is None else claims["claim_payment_id"].tolist()
        own = claims.loc[claims["remit_id"].isin(remits["remit_id"]), "claim_payment_id"] if steps is None else again
        read = classes[(classes["adjustment_class"] != "") & classes["claim_payment_id"].isin(own)]
        posted.save_classifications(
            conn,
            read[["adjustment_id", "claim_payment_id", "adjustment_class", "counts_as_denial", "rule_priority"]],
            again,
        )
    result = claims[["claim_payment_id"]].merge(postings[["claim_payment_id", "outcome"]], how="left")
    return result.fillna({"outcome": ""})


def _as_before(claims: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Put claim payments into the order of their steps; what was held then says why, where it is on the same claim.

    Reversals say what they took back then. Of what had no claim then the order said nothing: it is that of posting.
    """
    own = steps.reindex(claims["claim_payment_id"]).set_axis(claims.index)
    is_held = (own["outcome"] == proposal.UNAPPLIED_CASH) & own["reason_code"].isin(posting.RETRIED)
    is_held &= own["family_id"].fillna(0) == claims["family_id"]
    took_back = own["took_back"].where(own["outcome"] == proposal.REVERSAL, 0).astype("int64")
    claims = claims.assign(held_reason=own["reason_code"].where(is_held, ""), took_back=took_back)
    if ((own["family_id"].fillna(0) == 0) & (claims["family_id"] != 0)).any():
        return claims
    return claims.iloc[own["place"].to_numpy().argsort(kind="stable")].reset_index(drop=True)


def _batch(
    conn: Connection, scope: posting.Scope, claims: pd.DataFrame, until: str
) -> tuple[proposal.Batch, pd.DataFrame, pd.DataFrame]:
    """Gather what posting works on; the classes of the denial rules become columns of the adjustments.

    Gives the classes too, and what is odd about reason and remark codes.
    """
    status = codes.table("claim_status").set_index("code")
    known = claims["status_code"].where(claims["status_code"].isin(status.index), "other")
    adjustments = posting.adjustments(conn, scope)
    paid = posting.service_payments(conn, scope)
    remarks = posting.remarks(conn, scope)
    classes = classify(claims, paid, adjustments)
    odd_codes = remark_exceptions(claims, adjustments, classes, remarks)
    read = adjustments.assign(
        adjustment_class=classes["adjustment_class"].to_numpy(),
        account=classes["account"].to_numpy(),
    )
    classes = classes.assign(
        claim_payment_id=adjustments["claim_payment_id"].to_numpy(),
        amount_cents=adjustments["amount_cents"].to_numpy(),
        counts_as_denial=classes["counts_as_denial"].astype("int64"),
    )
    group_cr = adjustments.loc[adjustments["group_code"] == "CR", "claim_payment_id"]
    where = ["claim_payment_id", "service_payment_id"]
    by_reason = adjustments.loc[adjustments["reason_code"].isin(REPEAT_REASONS), where]
    by_remark = remarks.loc[remarks["remark_code"] == "N522", where]
    repeats = pd.concat([by_reason, by_remark])
    forwarded = known.map(status["forwarded"]) == "Y"
    successor = claims["payer_sequence"].map({"P": "S", "S": "T"}).fillna("")
    next_sequence = claims["next_sequence"].where((claims["next_sequence"] != "") | ~forwarded, successor)
    named = claims["claim_payer_code"]
    full = claims.assign(
        ledger_payer_code=named.where(named != "", claims["payer_code"]),
        clp_post=known.map(status["post"]),
        status_exception=known.map(status["exception"]),
        has_group_cr=claims["claim_payment_id"].isin(group_cr),
        refused=claims["evidence"].str.extract(r'"why": "([a-z-]+)"')[0].fillna(""),
        next_sequence=next_sequence,
    )
    decides = status.index[status["post"] == "adjudication"].tolist()
    decided = earlier.decided(conn, scope, until)
    takes_back = (pd.concat([claims["status_code"], decided["status_code"]]) == "22").any()
    services, compared = _with_decided(conn, scope, claims, until, paid, read) if takes_back else (paid, read)
    batch = proposal.Batch(
        claim_payments=full,
        service_payments=services,
        adjustments=compared,
        repeats=repeats,
        receivables=posting.receivables(conn, scope),
        touched=earlier.touched(conn, scope),
        decided=decided,
        decided_lines=earlier.decided_lines(conn, scope, until),
        parked=earlier.parked(conn, scope),
        corrections=earlier.corrections(conn, scope, decides),
    )
    return batch, classes, odd_codes


def _with_decided(
    conn: Connection, scope: posting.Scope, claims: pd.DataFrame, until: str, paid: pd.DataFrame, read: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add to service payments and adjustments those of earlier decisions, where a reversal is compared with them."""
    before = earlier.of_decided(scope, until)
    parts = [posting.service_payments(conn, before), posting.adjustments(conn, before)]
    more = [part[~part["claim_payment_id"].isin(claims["claim_payment_id"])] for part in parts]
    compared = pd.concat([read, more[1].assign(adjustment_class="", account="")], ignore_index=True)
    return pd.concat([paid, more[0]], ignore_index=True), compared


def _decided_again(postings: pd.DataFrame, decided: pd.DataFrame) -> list[int]:
    """Give the families on which one payer's posting of just now is not its only one."""
    turn = ["family_id", "payer_sequence"]
    now, before = (rows.loc[rows["outcome"] == proposal.POSTED, turn] for rows in (postings, decided))
    both = pd.concat([now, before])
    several = both.loc[both.duplicated(keep=False), "family_id"]
    return sorted(set(several) & set(postings["family_id"]) - {0})


def _lowered(lines: pd.DataFrame) -> list[int]:
    """Give the families whose receivables fell by anything but a decision that the open balance was tested for."""
    fell = (lines["account"] == RECEIVABLE) & (lines["amount_cents"] < 0)
    fell &= (lines["reverses_key"] != "") | ~lines["rule_id"].isin(CREDIT_RULES)
    return sorted(set(lines.loc[fell, "family_id"]) - {0})


def _with_later_payers(lines: pd.DataFrame, postings: pd.DataFrame) -> list[int]:
    """Give the families on which a later payer decided just now, or whose open balance with one moved."""
    moved = lines[lines["account"] == RECEIVABLE]
    decided = postings[postings["outcome"] == proposal.POSTED]
    turns = pd.concat([rows[["family_id", "payer_sequence"]] for rows in (moved, decided)])
    return sorted(set(turns.loc[rank_of_sequence(turns["payer_sequence"]) > 0, "family_id"]) - {0})


def _of_posted(odd_codes: pd.DataFrame, postings: pd.DataFrame) -> pd.DataFrame:
    """One exception per claim payment posted just now and type: its first message, the sum of its amounts."""
    posted = postings.loc[postings["outcome"] == proposal.POSTED, "claim_payment_id"]
    rows = odd_codes[odd_codes["claim_payment_id"].isin(posted)]
    by_type = rows.groupby(["claim_payment_id", "type_code"], as_index=False)
    return by_type.agg(amount_cents=("amount_cents", "sum"), message=("message", "first"))


def _notes(batch: proposal.Batch, classes: pd.DataFrame, postings: pd.DataFrame) -> list[pd.DataFrame]:
    """Exceptions that do not stop a posting, for claim payments that were posted just now."""
    posted = postings.loc[postings["outcome"] == proposal.POSTED, "claim_payment_id"]
    claims = batch.claim_payments[batch.claim_payments["claim_payment_id"].isin(posted)]
    ids = claims["claim_payment_id"]
    odd = classes[(classes["exception"] != "") & classes["claim_payment_id"].isin(ids)]
    by_code = odd.groupby(["claim_payment_id", "exception"])["amount_cents"].sum().reset_index()
    by_code = by_code.rename(columns={"exception": "type_code"})
    lost = batch.service_payments[
        (batch.service_payments["line_number"] == 0) & batch.service_payments["claim_payment_id"].isin(ids)
    ]
    lost = lost.groupby("claim_payment_id")["paid_cents"].sum().rename("amount_cents").reset_index()
    lost = lost.assign(type_code="LINE_UNMATCHED")
    shares = batch.adjustments[batch.adjustments["group_code"] == "PR"]
    share = shares.groupby("claim_payment_id")["amount_cents"].sum().reindex(ids, fill_value=0).to_numpy()
    told = claims["patient_responsibility_cents"]
    differs = (told.notna() & (told.fillna(0) != share)).to_numpy(dtype=bool)
    off = (told.fillna(0).to_numpy(dtype="int64") - share)[differs]
    share_rows = pd.DataFrame(
        {"claim_payment_id": ids[differs].to_numpy(), "type_code": "PATIENT_SHARE_DIFFERS", "amount_cents": off}
    )
    sums = batch.service_payments.groupby("claim_payment_id")["charge_cents"].sum()
    with_lines = ids[ids.isin(sums.index)]
    gap = claims.set_index("claim_payment_id")["charge_cents"].reindex(with_lines) - sums.reindex(with_lines)
    gap = gap[gap != 0]
    gap_rows = pd.DataFrame(
        {"claim_payment_id": gap.index, "type_code": "CLAIM_TOTAL_DIFFERS", "amount_cents": gap.to_numpy()}
    )
    return [by_code, lost, share_rows, gap_rows]


def _raise_for_claims(
    conn: Connection, raised: pd.DataFrame, owner: pd.DataFrame, since: pd.Series[str], posting_date: date
) -> None:
    """Open exceptions of claim payments; cash that waited under another name before (`since`) waits since then."""
    at = raised["claim_payment_id"]
    rows = raised.assign(
        exception_key=raised["type_code"]
        + ":"
        + owner["remit_key"].reindex(at).to_numpy()
        + ":"
        + owner["ordinal"].reindex(at).astype("str").to_numpy(),
        remit_id=owner["remit_id"].reindex(at).to_numpy(),
        family_id=owner["family_id"].reindex(at).to_numpy(),
        file_id=owner["file_id"].reindex(at).to_numpy(),
        seg=owner["seg"].reindex(at).to_numpy(),
        since_date=since.reindex(at).fillna("").to_numpy(),
    )
    exceptions.open_all(conn, rows, posting_date)
