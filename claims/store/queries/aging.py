"""Open receivable by claim and line, with the day of service it ages from."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import AsOf, J, total
from claims.store.rows import frame_of

L, F, C, S = schema.ledger_lines, schema.families, schema.claims, schema.service_lines
FILE = schema.files
CP = schema.claim_payers
RECEIVABLE = ("1100", "1110", "1200")
_PAYER = sa.case((L.c.account == "1200", ""), else_=L.c.payer_code).label("payer_code")


def open_lines(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Sum the receivable per claim, line, account, payer in turn and payer; only what is not zero.

    What patients owe is no payer's ("", whoever left it to them). A claim with anything posted to the claim as a whole
    (line 0) is one row per account: its charges stand on lines.
    """
    posted = (
        sa.select(L.c.family_id, L.c.line_number, L.c.account, L.c.payer_sequence, _PAYER, L.c.amount_cents)
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(as_of.journals(), L.c.account.in_(RECEIVABLE))
        .subquery()
    )
    whole = sa.select(posted.c.family_id).where(posted.c.line_number == 0).distinct().subquery()
    line = sa.case((whole.c.family_id.is_not(None), 0), else_=posted.c.line_number)
    balance = total(posted.c.amount_cents)
    sums = (
        sa.select(
            posted.c.family_id,
            line.label("line_number"),
            posted.c.account,
            posted.c.payer_sequence,
            posted.c.payer_code,
            balance.label("balance_cents"),
        )
        .outerjoin(whole, whole.c.family_id == posted.c.family_id)
        .group_by(posted.c.family_id, line, posted.c.account, posted.c.payer_sequence, posted.c.payer_code)
        .having(sa.func.sum(posted.c.amount_cents) != 0)
        .subquery()
    )
    return frame(
        conn,
        sa.select(
            sums.c.family_id,
            sa.func.coalesce(F.c.billing_npi, "").label("billing_npi"),
            sa.func.coalesce(F.c.claim_number, "").label("claim_number"),
            sums.c.line_number,
            sums.c.account,
            sums.c.payer_sequence,
            sums.c.payer_code,
            sums.c.balance_cents,
        ).outerjoin(F, F.c.family_id == sums.c.family_id),
    )


def service_days(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Read the first day of service per claim and line: a later version of the claim does not make it younger."""
    return frame(
        conn,
        sa.select(
            C.c.family_id,
            S.c.line_number,
            sa.type_coerce(sa.func.min(S.c.service_date), sa.Date).label("service_date"),
        )
        .join(C, C.c.claim_id == S.c.claim_id)
        .where(C.c.file_id.in_(as_of.file_ids()), C.c.family_id.is_not(None), S.c.service_date.is_not(None))
        .group_by(C.c.family_id, S.c.line_number),
    )


def charged(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Read the claims that families with anything open were charged by, line by line, and where these stand.

    family_id, line_number, charge_cents (0: the charge was taken back), version, and the bytes of the line
    (line_sha256, ...: none where the claim has no such line) and of the claim (sha256, seg, offset, length).
    """
    balance = sa.select(L.c.family_id).join(J, J.c.journal_id == L.c.journal_id)
    balance = balance.where(as_of.journals(), L.c.account.in_(RECEIVABLE), L.c.family_id.is_not(None))
    # By the keys of the rows: a credit of one payer beside the debit of another are two rows, though together zero.
    of_rows = (L.c.family_id, L.c.account, L.c.line_number, L.c.payer_sequence, _PAYER)
    is_open = balance.group_by(*of_rows).having(sa.func.sum(L.c.amount_cents) != 0)
    keys = (L.c.family_id, L.c.line_number, J.c.claim_id)
    sums = (
        sa.select(*keys, total(L.c.amount_cents).label("charge_cents"))
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(as_of.journals(), J.c.claim_id.is_not(None), L.c.account == "1100", L.c.family_id.in_(is_open))
        .group_by(*keys)
        .subquery()
    )
    place = ("seg", "offset", "length")
    none = sa.cast(sa.literal(0), sa.BigInteger)
    return frame(
        conn,
        sa.select(
            *(sums.c.family_id, sums.c.line_number, sums.c.charge_cents, C.c.version, FILE.c.sha256),
            *(C.c[name] for name in place),
            *(sa.func.coalesce(S.c[name], none).label(f"line_{name}") for name in place),
        )
        .join(C, C.c.claim_id == sums.c.claim_id)
        .join(FILE, FILE.c.file_id == C.c.file_id)
        .outerjoin(S, sa.and_(S.c.claim_id == sums.c.claim_id, S.c.line_number == sums.c.line_number)),
    )


def were_charged(conn: sa.Connection, as_of: AsOf, family_ids: Sequence[int]) -> set[int]:
    """Tell which of these families the ledger has a charge of."""
    select = sa.select(L.c.family_id).join(J, J.c.journal_id == L.c.journal_id).distinct()
    select = select.where(as_of.journals(), J.c.claim_id.is_not(None), L.c.account == "1100")
    return set(frame_of(conn, select, L.c.family_id, family_ids)["family_id"].tolist())


def control(conn: sa.Connection, as_of: AsOf) -> dict[str, int]:
    """Sum the control accounts of the receivable, straight from the ledger."""
    rows = conn.execute(
        sa.select(L.c.account, total(L.c.amount_cents))
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(as_of.journals(), L.c.account.in_(RECEIVABLE))
        .group_by(L.c.account)
    )
    found = {str(account): int(cents) for account, cents in rows}
    return {account: found.get(account, 0) for account in RECEIVABLE}


def control_by_payer(conn: sa.Connection, as_of: AsOf) -> dict[str, int]:
    """Sum the same accounts by payer, straight from the ledger; "": patients."""
    rows = conn.execute(
        sa.select(_PAYER, total(L.c.amount_cents))
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(as_of.journals(), L.c.account.in_(RECEIVABLE))
        .group_by(_PAYER)
    )
    return {str(payer): int(cents) for payer, cents in rows if cents}


def payer_names(conn: sa.Connection, as_of: AsOf) -> dict[str, str]:
    """Read how the claims known then call each payer: the first name by letters."""
    known = C.c.file_id.in_(as_of.file_ids())
    selects = (
        sa.select(C.c.payer_code, C.c.payer_name).where(known, C.c.payer_name != "").distinct(),
        sa.select(CP.c.payer_code, CP.c.payer_name)
        .join(C, C.c.claim_id == CP.c.claim_id)
        .where(known, CP.c.payer_name != "")
        .distinct(),
    )
    pairs = sorted({(str(code), str(name)) for select in selects for code, name in conn.execute(select)}, reverse=True)
    return dict(pairs)
