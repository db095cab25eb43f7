"""The story of one claim, from the charge to the money: every step with its day, its file and its segment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from claims import codes
from claims.errors import NotFoundError, UsageError
from claims.ledger.rules import CLEARING
from claims.masking import MASK
from claims.service import held_answers
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.service.payer_names import named
from claims.service.zone import day_of
from claims.store.engine import read
from claims.store.queries import timeline as rows
from claims.store.queries.timeline import OWN_ID

__all__ = ["OWN_ID", "SeveralClaimsError", "gathered", "story", "timeline"]

# Steps of one day and instant, in the order in which they follow from each other.
KINDS = ("import", "life", "journal", "denial", "deposit")
# Steps whose effective date is the day on which they happened; a charge's is that of the service.
_HAPPENED = ("life", "denial", "deposit")
PAID = "Paid by payers (a deposit settles it by remittance, not by claim)"
_PRIVATE = ("claim_number", "payer_claim_number")
# Journals that agree in these are of one cause, booked in one stroke: one for each line.
_STROKE = ["kind", "step", "detail_code", "recorded_at", "posting_date", "claim_id", "actor", "sha256", "seg"]


class SeveralClaimsError(UsageError):
    """A number is that of claims of several families."""

    def __init__(self, claim_ids: list[int]) -> None:
        named = ", ".join(f"{OWN_ID}{claim_id}" for claim_id in claim_ids)
        super().__init__(f"Several claims have this number; give our own number of one: {named}.")


def timeline(ctx: Context, claim: str) -> pd.DataFrame:
    """Give the steps of a claim and of all versions of it, oldest first by `day`; `claim`: its number, or our own id.

    Columns: day (on which it happened, else on which it was booked), posting_date, effective_date, kind, step, says
    (in words), detail_code, life_before, life_after, amount_cents, claim_id, actor, sha256, seg, offset, length,
    recorded_at. Raises NotFoundError, SeveralClaimsError.
    """
    with read(ctx.engine) as conn:
        return _ordered(ctx, rows.steps(conn, _family(conn, claim)))


def of_family(ctx: Context, family_id: int) -> pd.DataFrame:
    """Give the steps of all versions of a claim, as `timeline` does, for a family that is known."""
    with read(ctx.engine) as conn:
        return _ordered(ctx, rows.steps(conn, family_id))


def story(ctx: Context, claim: str, *, show_phi: bool = False) -> dict[str, Any]:
    """Tell a claim: its versions, sendings, money, steps, and the proof that it was filed in time.

    `payments`: what each decision paid, reduced and left to the patient; `held`: what remittances decide of it that are
    here and held, so that nothing of that is posted. Claim numbers are masked unless ``show_phi``,
    which is audited.
    """
    with read(ctx.engine) as conn:
        family_id = _family(conn, claim)
        parts = {
            "versions": rows.versions(conn, family_id),
            "sendings": _dated(rows.sendings(conn, family_id)),
            "money": _named(rows.money(conn, family_id)),
            "payments": rows.payments(conn, family_id),
            "held": held_answers.of_family(conn, family_id),
            "proofs": rows.payer_acceptances(conn, family_id),
            "steps": _ordered(ctx, rows.steps(conn, family_id)),
        }
    parts["versions"] = named(ctx, parts["versions"])
    if show_phi:
        versions = parts["versions"]["claim_id"].tolist()
        record_shown(ctx, f"claim {versions[0]}", {"claims": versions})
        return parts
    return {name: _masked(part) for name, part in parts.items()}


def gathered(steps: pd.DataFrame) -> pd.DataFrame:
    """Give a timeline for people: journals of one cause, a journal a line, are one step with the sum of all of them.

    `steps`: as `timeline` gives them, and so is what comes back; an auditor's list keeps a step for each journal.
    """
    own = steps["kind"] == "journal"
    # Whatever is no journal is a stroke of its own.
    stroke = steps.groupby([*(steps[name] for name in _STROKE), steps.index.to_series().where(~own, -1)], sort=False)
    number = stroke.ngroup()
    count = number.map(number.value_counts())
    many = (
        "posted: "
        + steps["detail_code"].str.replace("-", " ")
        + ", "
        + count.astype("str")
        + " lines, all their debits"
    )
    return steps.assign(
        says=steps["says"].where(count == 1, many), amount_cents=stroke["amount_cents"].transform("sum")
    ).loc[~number.duplicated()].reset_index(drop=True)  # fmt: skip


def _family(conn: Any, claim: str) -> int:
    found = rows.found(conn, claim.strip())
    if found.empty:
        raise NotFoundError("claim", "with this number")
    if found["family_id"].nunique() > 1:
        raise SeveralClaimsError(found.drop_duplicates("family_id")["claim_id"].tolist())
    return int(found["family_id"].iloc[0])


def _ordered(ctx: Context, steps: pd.DataFrame) -> pd.DataFrame:
    table = codes.table("claim_life")
    noted = table.query("life == 'any'").set_index("event")["says"]
    says = table.set_index(["life", "event"])["says"].reindex(pd.MultiIndex.from_frame(steps[["life_before", "step"]]))
    says = says.set_axis(steps.index).fillna(steps["step"].map(noted)).where(steps["kind"] == "life", _words(steps))
    # What belongs to no run and no action is of the practice's day on which it was written.
    written = [day_of(ctx, text) for text in steps["recorded_at"]]
    booked = steps["posting_date"].where(
        steps["posting_date"] != "", pd.Series(written, index=steps.index, dtype="str")
    )
    has_own = steps["kind"].isin(_HAPPENED) & (steps["effective_date"] != "")
    happened = steps["effective_date"].where(has_own, steps["envelope_date"])
    rank = {kind: place for place, kind in enumerate(KINDS)}
    told = steps.assign(
        says=says.fillna(""),
        place=steps["kind"].map(rank),
        posting_date=booked,
        day=happened.where(happened != "", booked),
    )
    told = told.assign(**{f"by_{name}": _not_before_decision(told, name) for name in ("day", "recorded_at")})
    # A deposit of the same day comes after what was decided, whichever of the two was read first.
    of_day = told.groupby("by_day")["by_recorded_at"].transform("max")
    told["by_recorded_at"] = told["by_recorded_at"].where(told["kind"] != "deposit", of_day)
    # The story begins with the claim and its charge, also where they were taken in after it had been decided.
    began = told[(told["kind"] == "import") & (told["step"] == "original")]
    is_charge = told["kind"].isin(["import", "journal"]) & told["seg"].isin(began["seg"])
    told["is_later"] = ~(is_charge & told["sha256"].isin(began["sha256"]))
    order = ["is_later", "by_day", "by_recorded_at", "place"]
    told = told.sort_values(order, kind="stable", ignore_index=True)
    return told.drop(columns=[*order, "envelope_date"])


def _not_before_decision(steps: pd.DataFrame, name: str) -> pd.Series[str]:
    """Give a time of each step; of a denial, that of the decision in the same segment, where that is later."""
    is_decision, is_denial = (steps["kind"] == kind for kind in ("life", "denial"))
    decided = steps[is_decision & (steps["seg"] > 0)].groupby(["sha256", "seg"])[name].max()
    own = decided.reindex(pd.MultiIndex.from_frame(steps[["sha256", "seg"]])).fillna("").to_numpy()
    return steps[name].where(~is_denial | (steps[name] >= own), own)


def _dated(sendings: pd.DataFrame) -> pd.DataFrame:
    """Give sendings their day: that of the batch, or that of the interchange of somebody else."""
    day = sendings["posting_date"].where(sendings["posting_date"] != "", sendings["envelope_date"])
    return sendings.assign(posting_date=day).drop(columns="envelope_date")


def _words(steps: pd.DataFrame) -> pd.Series:
    kind = steps["kind"]
    told = np.select(
        [
            kind == "import",
            kind == "journal",
            kind == "denial",
            (kind == "deposit") & (steps["detail_code"] == "patient"),
            kind == "deposit",
        ],
        [
            "the claim came in: " + steps["step"].str.replace("_", " "),
            "posted: " + steps["detail_code"].str.replace("-", " ") + ", all its debits",
            "denial case " + steps["step"].str.replace("_", " "),
            "what the patient paid is in the bank",
            "the whole deposit of its remittance is in the bank",
        ],
        "",
    )
    return pd.Series(told, index=steps.index, dtype="str")


def _named(money: pd.DataFrame) -> pd.DataFrame:
    names = codes.table("accounts").set_index("account")["name"]
    names[CLEARING] = PAID  # of one claim it is never zero: what is settled is its remittance
    return money.assign(name=names.reindex(money["account"]).fillna("").to_numpy())


def _masked(part: pd.DataFrame) -> pd.DataFrame:
    return part.assign(**{name: part[name].where(part[name] == "", MASK) for name in _PRIVATE if name in part})
