"""What stands denied on account 1110 for a case, and the journals that move it away."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.service.context import Context
from claims.service.journals import write_journals
from claims.store import balances, credits, lowering
from claims.store.handles import Connection

HELD = "1110"
RECEIVABLE = "1100"
_ABOUT_TO = ("next_payer_code", "next_sequence", "to_account", "to_rule")
NOT_CHARGED = "E02"  # the rule of a charge that is taken back
# What a decision of a payer that is not responsible has left: denied, to be paid, by contract, the patient's share.
_LEFT_BY_PAYER = (HELD, RECEIVABLE, "4100", "1200")


def of_cases(conn: Connection, rows: pd.DataFrame) -> pd.DataFrame:
    """Give what the books hold for cases: case_id, and per posting and line the columns of its ledger lines.

    A case of the whole claim holds all lines of it, others their own line.
    """
    cases = rows.loc[rows["family_id"] != 0, ["case_id", "family_id", "payer_sequence", "line_number", "extent"]]
    held = balances.held_denials(conn, cases["family_id"].drop_duplicates().tolist())
    pairs = held.merge(cases, on=["family_id", "payer_sequence"], suffixes=("", "_case"))
    is_own = (pairs["extent"] == "full") | (pairs["line_number"] == pairs["line_number_case"])
    pairs = pairs[is_own].sort_values(["case_id", "origin_journal_id", "line_number"], ignore_index=True)
    # Two cases never move the same money: the one of the line goes before the one of the whole claim.
    pairs["is_whole"] = pairs["extent"] == "full"
    pairs = pairs.sort_values("is_whole", kind="stable")
    same = ["origin_journal_id", "line_number", "payer_code", "group_code", "reason_code"]
    pairs = pairs.drop_duplicates(same).sort_index(ignore_index=True)
    return pairs.drop(columns=["account", "line_number_case", "extent", "is_whole"])


def of_other_payers(conn: Connection, rows: pd.DataFrame) -> pd.DataFrame:
    """Give what stands with others than the payer (next_payer_code) that has taken their place on the claim of cases.

    Columns as of `of_cases`, and the account. The case of a line takes the line's; what no case has is of the first.
    """
    keys = ["family_id", "payer_sequence"]
    found = balances.held_denials(conn, rows["family_id"].drop_duplicates().tolist(), _LEFT_BY_PAYER)
    first = rows.drop_duplicates(keys)[[*keys, "case_id", "next_payer_code"]]
    found = found.merge(first, on=keys)
    found = found[(found["payer_code"] != "") & (found["payer_code"] != found["next_payer_code"])]
    # Charges and decisions stand apart on the receivable: no more than what is open with a payer is moved.
    payers = [*keys, "payer_code"]
    is_receivable = found["account"] == RECEIVABLE
    net = balances.receivable(conn, rows["family_id"].drop_duplicates().tolist()).set_index(payers)["amount_cents"]
    most = net.reindex(pd.MultiIndex.from_frame(found[payers])).fillna(0).clip(lower=0).to_numpy("int64")
    own = found["amount_cents"].where(is_receivable, 0)
    before = own.groupby([found[name] for name in payers]).cumsum() - own
    room = np.minimum(own.to_numpy("int64"), np.maximum(most - before.to_numpy("int64"), 0))
    found["amount_cents"] = np.where(is_receivable, room, found["amount_cents"])
    found = found[found["amount_cents"] > 0].reset_index(drop=True)
    lines = rows[rows["extent"] != "full"].drop_duplicates([*keys, "line_number"])
    of_line = lines.set_index([*keys, "line_number"])["case_id"]
    mine = of_line.reindex(pd.MultiIndex.from_frame(found[[*keys, "line_number"]])).to_numpy()
    found["case_id"] = pd.Series(mine, index=found.index).fillna(found["case_id"]).astype("int64")
    return found.drop(columns="next_payer_code")


def cents(rows: pd.DataFrame, held: pd.DataFrame) -> pd.Series[int]:
    """Add up what is held for each case, indexed as `rows`."""
    sums = held.groupby("case_id")["amount_cents"].sum().reindex(rows["case_id"], fill_value=0)
    return pd.Series(sums.to_numpy("int64"), index=rows.index)


def parted(conn: Connection, held: pd.DataFrame, account: str, rule_id: str) -> pd.DataFrame:
    """Say where what is held goes (to_account, to_rule): to the receivable what is charged no more, the rest as given.

    A corrected charge has lowered the receivable of the line; what the payer denied of it is nobody's to give up.
    """
    rows = held.assign(to_account=account, to_rule=rule_id)
    if held.empty:
        return rows
    gone = credits.denied_and_not_charged(conn, held["family_id"].drop_duplicates().tolist())
    if gone.empty:
        return rows
    line = [held[name] for name in gone.index.names]
    most = gone.reindex(pd.MultiIndex.from_arrays(line), fill_value=0).to_numpy("int64")
    before = (held.groupby(gone.index.names)["amount_cents"].cumsum() - held["amount_cents"]).to_numpy("int64")
    back = np.clip(most - before, 0, held["amount_cents"].to_numpy("int64"))
    rest = rows.assign(amount_cents=rows["amount_cents"] - back)
    both = pd.concat([rest, rows.assign(amount_cents=back, to_account=RECEIVABLE, to_rule=NOT_CHARGED)])
    return both[both["amount_cents"] > 0].reset_index(drop=True)


def given(parts: pd.DataFrame) -> pd.DataFrame:
    """Give what of `parted` is really given up or asked of somebody: not what nobody charges any more."""
    return parts[parts["to_rule"] != NOT_CHARGED]


def lowered(conn: Connection, rows: pd.DataFrame, held: pd.DataFrame) -> pd.Series[str]:
    """Name for each case the correction that takes something it holds off the charge and that is not booked yet.

    Indexed as `rows`; empty where there is none. Until the books know it, nobody can say what of it is left.
    """
    way = lowering.on_its_way(conn, held["family_id"].drop_duplicates().tolist())
    both = held[["case_id", "family_id", "payer_sequence", "line_number"]].merge(
        way, on=["family_id", "payer_sequence"], suffixes=("", "_way")
    )
    # Where either says the claim as a whole, any line of the other may be meant.
    is_same = both["line_number"] == both["line_number_way"]
    is_same |= (both["line_number"] == 0) | (both["line_number_way"] == 0)
    claim = both[is_same].groupby("case_id")["claim_id"].max().reindex(rows["case_id"])
    named = ["" if pd.isna(one) else f"claim {int(one)}" for one in claim]
    return pd.Series(named, index=rows.index, dtype="str")


def move(
    ctx: Context, conn: Connection, run_id: int, posting_date: date, held: pd.DataFrame, *,
    account: str, rule_id: str, reason: str,
) -> None:  # fmt: skip
    """Move what is held (with event_id; optional next_payer_code and next_sequence) to an account, line by line.

    It comes from 1110, or from the account that `held` names; rows with `to_account` and `to_rule` go there instead.

    Each journal continues the posting that held the denial, so that a later reversal takes it along.
    """
    if held.empty:
        return
    place = held.groupby(["event_id", "line_number"]).cumcount()
    suffix = ("-" + (place + 1).astype("str")).where(place > 0, "")
    line = held["line_number"].astype("str") + suffix
    base = held.assign(
        journal_key="act:" + held["event_id"].astype("str") + ":" + line + ":0",
        rule_id=held.get("to_rule", rule_id),
        source="denial",
        journal_reason=reason,
        effective_date=posting_date.isoformat(),
        reverses_key="",
        continues_journal_id=held["origin_journal_id"],
    ).drop(columns=["case_id", "event_id", "origin_journal_id"])
    to = base.assign(account=base.get("to_account", account))
    if "next_payer_code" in base:
        to = to.assign(payer_code=base["next_payer_code"], payer_sequence=base["next_sequence"])
    away = base.assign(account=base.get("account", HELD), amount_cents=-base["amount_cents"])
    both = pd.concat([to, away], ignore_index=True)
    both = both.drop(columns=[name for name in _ABOUT_TO if name in both])
    write_journals(conn, ctx, run_id, posting_date, both)


def bring_back(
    ctx: Context, conn: Connection, run_id: int, posting_date: date, family_ids: list[int], event_ids: set[int]
) -> int:
    """Take back the journals of people's events, as far as they stand; give the cents that are held again."""
    lines = balances.of_actions(conn, family_ids)
    event = lines["journal_key"].str.split(":").str[1].astype("int64")
    lines = lines[event.isin(event_ids)]
    if lines.empty:
        return 0
    back = lines.assign(
        amount_cents=-lines["amount_cents"],
        reverses_key=lines["journal_key"],
        journal_key=lines["journal_key"] + ":undone",
        source="denial",
        journal_reason="undo",
        effective_date=posting_date.isoformat(),
    )
    write_journals(conn, ctx, run_id, posting_date, back)
    return int(back.loc[back["account"] == HELD, "amount_cents"].sum())
