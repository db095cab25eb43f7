"""A denied claim goes out again: corrected to the same payer, or to the next one; its money follows when it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from claims.master import Master
from claims.service import lowered_charges, next_payer, versions
from claims.service.context import Context
from claims.service.desk import held as books
from claims.service.desk.acting import Cases, Chosen, Done, begin, change, choose, finish, reasons
from claims.service.desk.joining import joined
from claims.service.desk.parts import rehearsed
from claims.service.desk.people import is_late
from claims.service.desk.remarks import forcing, with_effect
from claims.service.desk.steps import waits
from claims.service.identities import resolve_identities
from claims.service.master import load_master
from claims.service.patient_credits import name_credits
from claims.service.resubmit import RETURNED, Change
from claims.service.runs import running
from claims.service.scrub import scrub
from claims.store import answers, decisions
from claims.store import versions as claim_versions
from claims.store.engine import together, write
from claims.store.handles import Connection
from claims.store.queries import desk as queries
from claims.store.queries import made_claims

CORRECTED = ("C7", "NEW", "ELIG", "ENROL")
DECIDED = ("denied", "partly_paid", "paid", "reversed")


@rehearsed
def resubmit(
    ctx: Context, cases: Cases, posting_date: date, changes: Sequence[Change] = (), *, as_new: bool = False,
    late_reason: str = "", master: Master | None = None, is_approved: bool = False,
) -> Done:  # fmt: skip
    """Correct the claims of cases and send them again: as a replacement (7), or as new where the payer demands that.

    A remark (MA130, N142, N517) demands it, a payer that takes no replacements, or the asker (`as_new`). `changes` are
    made on each claim; `late_reason` says why it goes although its day has passed. Without changes, a case of another
    line of a claim that is made and has not left waits for that one. The edits look at what was made at once: what
    they stop is named (`Done.blocked`), the rest leaves with the next sending. A claim that was made before and has
    not left, or came back, is corrected in its place when there is something to change. `is_approved`: a second person
    lets happen what the changes take off the charges; else AboveLimitError for more than the actor may give up.
    """
    known = master or load_master(ctx)
    with together(ctx.engine) as conn:
        chosen = choose(conn, cases, lowered=is_approved)
        rows = with_claims(conn, chosen.rows)
        has_to = forcing(rows["remark_codes"], "NEW") | _takes_none(rows, known, posting_date)
        demands_new = has_to | as_new
        is_other = _to_another_payer(conn, rows, changes)
        demands_new |= is_other
        rows["joins"] = 0 if changes else joined(conn, rows, demands_new)
        is_here = is_still_here(conn, rows) & (rows["joins"] == 0)
        chosen = chosen.without(
            reasons(
                rows,
                ("claim-unknown", rows["family_id"] == 0),
                ("sent-by-payer", rows["is_forwarded"] & (rows["joins"] == 0)),
                ("sent-elsewhere", (rows["claim_id"] == 0) & (rows["joins"] == 0)),
                ("under-way", is_here & (not changes)),
                ("takes-a-replacement", (rows["life"] == "partly_paid") & demands_new & ~has_to & ~is_other),
                ("do-not-resend", with_effect(rows["remark_codes"], "no-resubmission")),
                ("window-passed", is_late(rows, CORRECTED, posting_date) & (not late_reason.strip())),
            )
        )
        rows = rows[rows["case_id"].isin(chosen.rows["case_id"])]
        goes_new = demands_new.loc[rows.index]
        # One line of a claim that has to be new makes the claim new.
        goes_new = goes_new.groupby(rows["claim_id"]).transform("any")
        made, refused = [], []
        is_here, alone = is_here.reindex(rows.index), rows["joins"] == 0
        ways = (
            (alone & ~goes_new & ~is_here, versions.replace), (alone & goes_new & ~is_here, versions.renew),
            (alone & is_here, versions.correct),
        )  # fmt: skip
        for is_meant, make in ways:
            ids = [int(one) for one in rows.loc[is_meant, "claim_id"].drop_duplicates()]
            if ids:
                result = make(ctx, ids, on_claims(ids, changes), posting_date, known)
                made.append(result.claims)
                refused.append(result.refused)
        new = pd.concat(made) if changes and made else versions.Made().claims
        lowered = lowered_charges.counted(ctx, conn, new, posting_date, is_approved=is_approved)
        said = {"late_reason": late_reason.strip()} if late_reason.strip() else {}
        if changes:  # columns only: the values are a patient's
            said["changed"] = " ".join(dict.fromkeys(_called(change) for change in changes))
        done = sent_again(ctx, conn, chosen, rows, made, refused, "resubmit", "resubmitted", posting_date, said, known)
        is_new = goes_new | is_other.reindex(rows.index)
        is_done = rows.loc[is_new, "case_id"].isin(done.done)
        return done._replace(new_claims=int(is_done.sum()), lowered_cents=lowered)


@rehearsed
def bill_next(ctx: Context, cases: Cases, posting_date: date, *, master: Master | None = None) -> Done:
    """Make claims for the payer after the one that denied; what the case holds moves to that payer when one leaves."""
    known = master or load_master(ctx)
    with together(ctx.engine) as conn:
        chosen = choose(conn, cases)
        rows = with_claims(conn, chosen.rows)
        chosen = chosen.without(
            reasons(
                rows,
                ("claim-unknown", rows["family_id"] == 0),
                ("no-next-payer", rows["next_payer_code"] == ""),
                ("forwarded", with_effect(rows["remark_codes"], "forwarded")),
                ("sent-by-payer", rows["is_forwarded"]),
                ("sent-elsewhere", rows["claim_id"] == 0),
                ("not-decided", ~rows["life"].isin(DECIDED)),
            )
        )
        rows = rows[rows["case_id"].isin(chosen.rows["case_id"])]
        ids = [int(one) for one in rows["claim_id"].drop_duplicates()]
        there = later_claims(conn, ids)
        made = [next_payer.bill_next(ctx, posting_date, claim_ids=ids, master=known).claims] if ids else []
        refused = [_forwarded(conn, ids), there]
        return sent_again(ctx, conn, chosen, rows, made, refused, "bill_next", "billed_other", posting_date, {}, known)


def post_transfers(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Move what denied cases hold to the account of the payer billed since, for claims to it that have left (E11).

    Where that one stands in the place of the payer that denied, all that this one has left of the claim goes along.
    """
    with write(ctx.engine) as conn:
        rows = queries.to_transfer(conn)
        if rows.empty:
            return {"denials_transferred": 0, "transferred_cents": 0}
        is_after = rows["takes_place"] == 0
        parts = [books.of_cases(conn, rows[is_after]).assign(account=books.HELD)]
        if not is_after.all():
            parts.append(books.of_other_payers(conn, rows[~is_after]))
        held = pd.concat(parts, ignore_index=True)
        amounts = books.cents(rows, held[held["account"] == books.HELD])  # what the case has lost of 1110
        total = 0
        for action_id, part in rows.groupby("action_id"):
            events = change(
                ctx, conn, int(str(action_id)), "transferred", part, {}, posting_date, amounts=amounts.loc[part.index],
                claim_ids=part["claim_id"], is_touch=False,
            )  # fmt: skip
            keyed = held.merge(events[["case_id", "event_id"]], on="case_id")
            keyed = keyed.merge(part[["case_id", "next_payer_code", "next_sequence"]], on="case_id")
            books.move(
                ctx, conn, run_id, posting_date, keyed, account="1100", rule_id="E11", reason="billed-next-payer"
            )
            total += int(keyed["amount_cents"].sum())
        if not is_after.all():  # a share that the patient had paid may have gone along
            name_credits(conn, posting_date)
    return {"denials_transferred": len(rows), "transferred_cents": total}


def with_claims(conn: Connection, rows: pd.DataFrame) -> pd.DataFrame:
    """Add the claim of ours that the payer decided last (claim_id, life); 0 where it was not sent from here.

    `is_forwarded`: the payer before sent it on; nobody else has sent it to this one.
    """
    known = queries.claims_of(conn, rows.loc[rows["family_id"] != 0, "family_id"].drop_duplicates().tolist())
    claims = known
    claims = claims[(claims["origin"] == "to_send") & (claims["state"] == "stored")]
    is_over = claims["life"].isin(["replaced", "voided", "withdrawn"])
    last = claims[~is_over].drop_duplicates(["family_id", "payer_sequence"], keep="last")
    found = last.set_index(["family_id", "payer_sequence"])[["claim_id", "life"]]
    found = found.reindex(pd.MultiIndex.from_frame(rows[["family_id", "payer_sequence"]]))
    is_sent = found.index.isin(pd.MultiIndex.from_frame(known[["family_id", "payer_sequence"]]))
    return rows.assign(
        claim_id=found["claim_id"].fillna(0).astype("int64").to_numpy(),
        life=found["life"].fillna("").to_numpy(),
        is_forwarded=rows["family_id"].isin(claims["family_id"]) & ~is_sent,
    )


def _forwarded(conn: Connection, claim_ids: list[int]) -> pd.DataFrame:
    """Say which claims their payer has sent on by itself (CLP02 19, 20, 21): claim_id, reason."""
    rows = decisions.waiting_for_next(conn, claim_ids, is_asked=True)
    return rows.loc[rows["is_forwarded"] == 1, ["claim_id"]].assign(reason="forwarded", about="")


def later_claims(conn: Connection, claim_ids: list[int]) -> pd.DataFrame:
    """Say for which claims one to a later payer is there already: claim_id, reason, about (what stops it, or where)."""
    rows = decisions.later_claims(conn, claim_ids).drop_duplicates("claim_id", keep="last")
    of = rows.rename(columns={"later_claim_id": "case_id"}).assign(claim_id=rows["later_claim_id"])
    stops = made_claims.blocks(conn, of[["case_id", "claim_id"]]).groupby("claim_id")["edit_id"].agg(" ".join)
    is_blocked = rows["life"] == made_claims.BLOCKED
    edits = stops.reindex(rows["later_claim_id"]).fillna("").astype("str").to_numpy(dtype=object)
    where = "claim " + rows["later_claim_id"].astype("str") + ", " + rows["life"].str.replace("_", " ")
    about = where.where(~is_blocked, "claim " + rows["later_claim_id"].astype("str") + ", blocked by " + edits)
    reason = pd.Series(np.where(is_blocked, "next-claim-blocked", "next-claim-there"), index=rows.index, dtype="str")
    return rows[["claim_id"]].assign(reason=reason, about=about.astype("str"))


def _to_another_payer(conn: Connection, rows: pd.DataFrame, changes: Sequence[Change]) -> pd.Series[bool]:
    """Tell whose claim goes to another payer by what is changed: as a new claim, for that payer has none of it."""
    ids = rows.loc[rows["claim_id"] != 0, "claim_id"].drop_duplicates().tolist()
    if not any(change.column == "payer_code" for change in changes) or not ids:
        return pd.Series(False, index=rows.index)
    claims = claim_versions.sources(conn, ids)
    others = claims.loc[versions.to_another_payer(claims, on_claims(ids, changes)), "claim_id"]
    return rows["claim_id"].isin(others)


def _called(change: Change) -> str:
    return f"{change.line_number}:{change.column}" if change.line_number else change.column


def _takes_none(rows: pd.DataFrame, master: Master, day: date) -> pd.Series[bool]:
    """Tell whose payer corrects denied claims by new ones only."""
    days = pd.Series(int(day.strftime("%Y%m%d")), index=rows.index)
    keys = rows[["own_payer_code"]].rename(columns={"own_payer_code": "payer_code"})
    payers = master.look_up("payers", keys, days)
    return payers["is_known"] & ~payers["takes_replacement"].astype(bool)


def on_claims(claim_ids: list[int], changes: Sequence[Change]) -> pd.DataFrame:
    rows = [(claim_id, *one) for claim_id in claim_ids for one in changes]
    return pd.DataFrame(rows, columns=["claim_id", *Change._fields]) if rows else versions.NO_CHANGES


def sent_again(
    ctx: Context, conn: Connection, chosen: Chosen, rows: pd.DataFrame, made: list[pd.DataFrame],
    refused: list[pd.DataFrame], kind: str, event: str, day: date, said: dict[str, str], master: Master,
) -> Done:  # fmt: skip
    """Let the cases whose claims were made wait for their answer; say what stops these, and why others have none."""
    none = versions.Made()
    new = pd.concat([none.claims, *made]).set_index("follows_claim_id")["claim_id"].astype("int64")
    told = pd.concat([none.refused, *refused]).drop_duplicates("claim_id").set_index("claim_id")
    why = told["reason"]
    new_claim = new.reindex(rows["claim_id"]).fillna(0).astype("int64").to_numpy()
    if "joins" in rows:
        new_claim = np.where(rows["joins"] != 0, rows["joins"], new_claim)
    reason = why.astype("str").reindex(rows["claim_id"]).fillna("not-made").to_numpy(dtype=object)
    about = told["about"].reindex(rows["claim_id"]).fillna("") if "about" in told else pd.Series("", rows.index)
    chosen = chosen.without(
        pd.Series(np.where(new_claim == 0, reason, ""), index=chosen.rows.index, dtype="str"),
        pd.Series(about.to_numpy(dtype=object), index=chosen.rows.index, dtype="str"),
    )
    if chosen.rows.empty:
        return chosen.nothing()
    claim_ids = pd.Series(new_claim[new_claim != 0], index=chosen.rows.index)
    amount = int(chosen.rows["at_risk_cents"].sum())
    action_id = begin(ctx, conn, kind, chosen, day, amount_cents=amount, parameters=said)
    change(
        ctx, conn, action_id, event, chosen.rows, waits(ctx, chosen.rows, event, day), day,
        amounts=chosen.rows["at_risk_cents"], said=said, claim_ids=claim_ids,
    )  # fmt: skip
    with running(ctx, "scrub", day) as (run_id, counts):
        resolve_identities(ctx, run_id, day)  # what nobody has told from a repeat yet is not scrubbed
        counts.update(scrub(ctx, day, sorted(set(claim_ids.tolist())), run_id=run_id, master=master))
    blocked = made_claims.blocks(conn, pd.DataFrame({"case_id": chosen.rows["case_id"], "claim_id": claim_ids}))
    return finish(action_id, chosen, amount_cents=amount, blocked=blocked)


def is_still_here(conn: Connection, rows: pd.DataFrame) -> pd.Series[bool]:
    """Tell whose claim is one that was made of a case and is not with a payer: not left yet, or refused as a whole."""
    is_here = rows["life"].isin(RETURNED)
    back = rows.loc[rows["life"] == "rejected", "claim_id"].drop_duplicates().tolist()
    taken = [claim_id for claim_id in back if answers.taken_before(conn, claim_id)]
    return is_here & ~rows["claim_id"].isin(taken)
