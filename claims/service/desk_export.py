"""A list of the desk as CSV, page by page: a spreadsheet finds numbers and texts in it, never a formula."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from claims.reports.export import with_amounts, without_formulas
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.service.desk import queue
from claims.service.desk.queue import Filters

COLUMNS = (
    *("case_key", "queue", "state", "assignee", "tag", "payer_code", "payer_name", "claim_number", "line_number"),
    *("all_codes", "remark_codes", "category", "cause", "next_action_label", "deadline_date", "service_date"),
    *("remit_date", "billed_cents", "denied_cents", "at_risk_cents", "recovered_cents", "score"),
)
_PAGE = 500


def as_csv(ctx: Context, filters: Filters, sort: str) -> Iterator[str]:
    """Give the list as text, a page at a time, with a row of totals at its end; each page is audited before it goes."""
    place, is_first, cases, cents = None, True, 0, 0
    while True:
        page = queue.page(ctx, filters, sort, place, _PAGE)
        rows = page.rows[list(COLUMNS)]
        cases, cents = cases + len(rows), cents + int(rows["at_risk_cents"].sum())
        body = {"cases": page.rows["case_id"].tolist(), "in_all": cases, "at_risk_cents": cents}
        record_shown(ctx, "denial queue export", body)
        yield written(rows, header=is_first)
        is_first, place = False, page.next
        if place is None:
            break
    last = pd.DataFrame({"case_key": ["total"], "queue": [f"{cases} cases"], "at_risk_cents": [cents]})
    yield written(last.reindex(columns=list(COLUMNS)), header=False)


def written(rows: pd.DataFrame, *, header: bool = True) -> str:
    """Write rows as CSV: amounts in dollars and in cents, and no text that a spreadsheet would work out."""
    safe = rows.assign(
        **{
            str(name): without_formulas(values.fillna(""))
            for name, values in rows.items()
            if pd.api.types.is_string_dtype(values.dtype)
        }
    )
    return str(with_amounts(safe).to_csv(index=False, header=header, lineterminator="\r\n"))
