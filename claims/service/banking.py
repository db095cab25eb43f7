"""Bank lines and posted remittances are tied to each other."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.ledger import deposits
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.store import banking, exceptions
from claims.store.engine import write

UNTIED = ("DEPOSIT_WITHOUT_REMIT", "DEPOSIT_AMBIGUOUS", "DEPOSIT_FOR_HELD_REMIT")


def match_deposits(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Tie bank lines to posted remittances; put what no remittance explains on unapplied cash, with an exception."""
    with write(ctx.engine) as conn:
        lines = banking.open_lines(conn)
        remits = banking.open_remittances(conn)
        ties, ambiguous = deposits.tie(lines, remits)
        ties = ties.merge(lines[["bank_line_id", "line_key", "unapplied_cents", "bank_date"]], on="bank_line_id")
        ties = ties.merge(remits[["remit_id", "remit_key", "payer_code"]], on="remit_id")
        rows = deposits.tie_lines(ties)
        day = ties.set_index("bank_line_id")["bank_date"]
        rows["effective_date"] = day.reindex(rows["bank_line_id"]).to_numpy()
        rows = rows.assign(source="bank", reason_code="deposit-match", reverses_key="")
        write_journals(conn, ctx, run_id, posting_date, rows)
        ties["journal_key"] = "dep:" + ties["line_key"] + ":" + ties["remit_key"] + ":0"
        banking.save_ties(conn, ties)
        exceptions.close_for(conn, "bank_line_id", ties["bank_line_id"], UNTIED, "tied", posting_date)
        exceptions.close_for(conn, "remit_id", ties["remit_id"], ("REMIT_WITHOUT_DEPOSIT",), "tied", posting_date)

        rest = lines[~lines["bank_line_id"].isin(ties["bank_line_id"])]
        fresh = rest[(rest["unapplied_cents"] == 0) & (rest["amount_cents"] != 0)]
        unexplained = deposits.unexplained_lines(fresh)
        day = fresh.set_index("bank_line_id")["bank_date"]
        unexplained["effective_date"] = day.reindex(unexplained["bank_line_id"]).to_numpy()
        unexplained = unexplained.assign(source="bank", reason_code="deposit-without-remit", reverses_key="")
        write_journals(conn, ctx, run_id, posting_date, unexplained)
        held = banking.held_remittances(conn)
        kinds = _kinds(rest, ambiguous["bank_line_id"], held)
        named = rest.assign(type_code=kinds, exception_key=kinds + ":" + rest["line_key"], seg=rest["row_number"])
        for kind, part in named.groupby("type_code"):
            others = [one for one in UNTIED if one != kind]
            exceptions.close_for(conn, "bank_line_id", part["bank_line_id"], others, "reclassified", posting_date)
        columns = ["exception_key", "type_code", "amount_cents", "bank_line_id", "file_id", "seg"]
        exceptions.open_all(conn, named[columns], posting_date)
        late = _late(remits[~remits["remit_id"].isin(ties["remit_id"])], posting_date)
        exceptions.open_all(conn, late, posting_date)
    return {
        "deposits_tied": len(ties),
        "tied_cents": int(ties["amount_cents"].sum()),
        "deposits_unexplained": len(rest),
        "remittances_without_deposit": len(late),
    }


def _kinds(lines: pd.DataFrame, ambiguous: pd.Series, held: pd.DataFrame) -> pd.Series:
    """Why a bank line is not tied: several fit, its remittance is held, or none is here."""
    waits = pd.MultiIndex.from_arrays([deposits.normal_trace(held["trace_number"]), held["payment_cents"]])
    own = pd.MultiIndex.from_arrays([deposits.normal_trace(lines["trace_number"]), lines["amount_cents"]])
    kinds = np.select(
        [lines["bank_line_id"].isin(ambiguous), own.isin(waits) & (lines["trace_number"] != "").to_numpy()],
        ["DEPOSIT_AMBIGUOUS", "DEPOSIT_FOR_HELD_REMIT"],
        "DEPOSIT_WITHOUT_REMIT",
    )
    return pd.Series(kinds, index=lines.index, dtype="str")


def _late(remits: pd.DataFrame, posting_date: date) -> pd.DataFrame:
    """Posted remittances whose money should have come: more than four business days past the payment date."""
    dated = remits[remits["payment_date"] != ""]
    waited = np.busday_count(
        dated["payment_date"].to_numpy(dtype=object).astype("datetime64[D]"), np.datetime64(posting_date, "D")
    )
    late = dated[waited > 4]
    return late.assign(
        type_code="REMIT_WITHOUT_DEPOSIT",
        exception_key="REMIT_WITHOUT_DEPOSIT:" + late["remit_key"],
        amount_cents=late["open_cents"],
    )[["exception_key", "type_code", "amount_cents", "remit_id", "file_id", "seg"]]
