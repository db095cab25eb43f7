"""Patients' payments, the claims that they name or lie on, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, patient_money, schema
from claims.store.load import frame
from claims.store.rows import IN_LIST, in_parts, insert_keyed, update_where_in

PP, C, FAM, F = schema.patient_payments, schema.claims, schema.families, schema.files
OWN_ID = "id:"


def save_payments(conn: sa.Connection, file_id: int, rows: pd.DataFrame, actor: str) -> int:
    """Write payments that are not stored yet; give their number."""
    known = _stored(conn, rows["payment_key"].drop_duplicates().tolist())
    pairs = list(zip(rows["payment_key"].tolist(), rows["body_hash"].tolist(), strict=True))
    fresh = rows.loc[[pair not in known for pair in pairs]]
    insert_keyed(
        conn, PP, fresh.assign(file_id=file_id, state="new", reason_code="", actor=actor, recorded_at=clock.now())
    )
    return len(fresh)


def _stored(conn: sa.Connection, keys: Sequence[str]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for start in range(0, len(keys), IN_LIST):
        part = sa.select(PP.c.payment_key, PP.c.body_hash).where(PP.c.payment_key.in_(keys[start : start + IN_LIST]))
        found.update((str(key), str(body)) for key, body in conn.execute(part))
    return found


def payments(conn: sa.Connection, *conditions: sa.ColumnElement[bool]) -> pd.DataFrame:
    """Read payments, in the order of their days and keys."""
    names = [column for column in PP.columns if column.name not in ("recorded_at", "void_date", "void_reason")]
    select = sa.select(*names, F.c.sha256).join(F, F.c.file_id == PP.c.file_id).where(*conditions)
    return frame(conn, select.order_by(PP.c.paid_date, PP.c.payment_key, PP.c.patient_payment_id))


def asked(state: str) -> list[sa.ColumnElement[bool]]:
    """Condition on the state of payments; empty: any."""
    return [PP.c.state == state] if state else []


def one_payment(conn: sa.Connection, payment_id: int) -> pd.DataFrame:
    """Read a payment by our number of it."""
    return payments(conn, PP.c.patient_payment_id == payment_id)


def undecided(conn: sa.Connection) -> pd.DataFrame:
    """Payments that are to be looked at: new, held or on no claim, and those that say another thing of one of them."""
    asked = sa.select(PP.c.payment_key).where(PP.c.state.in_(["new", "held"]))
    return payments(conn, sa.or_(PP.c.state == "unapplied", PP.c.payment_key.in_(asked)))


def waiting(conn: sa.Connection) -> pd.DataFrame:
    """Payments that somebody must look at: held, or on no claim."""
    return payments(conn, PP.c.state.in_(["held", "unapplied"]))


def of_file(conn: sa.Connection, file_id: int) -> pd.DataFrame:
    """Payments that first came in a file."""
    return payments(conn, PP.c.file_id == file_id)


def keyed(conn: sa.Connection, key: str, body: str) -> pd.DataFrame:
    """Read the payment that a row means."""
    return payments(conn, PP.c.payment_key == key, PP.c.body_hash == body)


def set_state(conn: sa.Connection, payment_ids: Iterable[int], state: str, reason: str = "", **more: object) -> None:
    """Give payments a state and the reason for it."""
    update_where_in(conn, PP, PP.c.patient_payment_id, payment_ids, state=state, reason_code=reason or None, **more)


def claims_named(conn: sa.Connection, numbers: Sequence[str], normals: Sequence[str]) -> pd.DataFrame:
    """Claims in the books by what a payment calls them: claim_number (as asked), family_id, member_id.

    A number is that of a claim or of a later version of it, in capitals or not, or ``id:`` and our own. `normals`: the
    numbers as the indexes have them.
    """
    own = {number: int(number[len(OWN_ID) :]) for number in numbers if _is_own(number)}
    texts = [number for number in numbers if number not in own]
    normal = dict(zip(numbers, normals, strict=True))
    stored = sa.func.coalesce(C.c.state, "") == "stored"
    asked = pd.DataFrame({"claim_number": texts, "capitals": [number.upper() for number in texts]}, dtype="str")
    parts = []
    for start in range(0, len(texts), IN_LIST):
        part = sorted({normal[number] for number in texts[start : start + IN_LIST]})
        version = C.alias("version")
        for select in (
            sa.select(FAM.c.claim_number.label("known_as"), C.c.family_id, C.c.member_id)
            .join(C, C.c.family_id == FAM.c.family_id)
            .where(FAM.c.claim_number_normal.in_(part), stored),
            sa.select(version.c.claim_number.label("known_as"), C.c.family_id, C.c.member_id)
            .join(C, C.c.family_id == version.c.family_id)
            .where(version.c.claim_number_normal.in_(part), version.c.version > sa.literal_column("1"), stored),
        ):
            rows = frame(conn, select)
            rows["capitals"] = rows["known_as"].str.upper()
            parts.append(rows.merge(asked, on="capitals").drop(columns=["capitals", "known_as"]))
    number_of = {claim_id: number for number, claim_id in own.items()}
    for listed in in_parts(number_of):
        chosen = sa.select(C.c.claim_id, C.c.family_id).where(C.c.claim_id.in_(listed)).subquery()
        select = sa.select(chosen.c.claim_id, C.c.family_id, C.c.member_id)
        rows = frame(conn, select.join(C, C.c.family_id == chosen.c.family_id).where(stored))
        parts.append(rows.assign(claim_number=rows["claim_id"].map(number_of)).drop(columns="claim_id"))
    nothing = pd.DataFrame({"claim_number": "", "family_id": 0, "member_id": ""}, index=[]).astype(
        {"claim_number": "str", "family_id": "int64", "member_id": "str"}
    )
    return pd.concat([nothing, *parts], ignore_index=True).drop_duplicates(ignore_index=True)


def _is_own(number: str) -> bool:
    digits = number[len(OWN_ID) :]
    return number.lower().startswith(OWN_ID) and digits.isascii() and digits.isdigit() and len(digits) < 19


def numbers(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Number and billing provider of claim families: index family_id, claim_number, billing_npi."""
    select = sa.select(FAM.c.family_id, FAM.c.claim_number, FAM.c.billing_npi)
    parts = [frame(conn, select.where(FAM.c.family_id.in_(part))) for part in in_parts(family_ids)]
    rows = pd.concat(parts, ignore_index=True) if parts else frame(conn, select.where(sa.false()))
    return rows.set_index("family_id")


def claims_of_payment(conn: sa.Connection, key: str) -> pd.DataFrame:
    """Claims that a payment lies on: claim_number, applied_cents, balance_cents (of the patient's account)."""
    rows = patient_money.money(conn, [key])
    on_claims = rows[rows["account"] == "1200"]
    return _with_balance(conn, on_claims["family_id"], -on_claims["amount_cents"])


def open_of_member(conn: sa.Connection, member_id: str) -> pd.DataFrame:
    """Claims of a member on which the patient owes something: claim_number, applied_cents 0, balance_cents."""
    select = sa.select(C.c.family_id).where(C.c.member_id == member_id, sa.func.coalesce(C.c.state, "") == "stored")
    families = pd.Series([int(one) for one in conn.scalars(select.distinct())], dtype="int64")
    rows = _with_balance(conn, families, families * 0)
    return rows[rows["balance_cents"] > 0].reset_index(drop=True)


def _with_balance(conn: sa.Connection, families: pd.Series, applied: pd.Series) -> pd.DataFrame:
    numbers = sa.select(FAM.c.family_id, FAM.c.claim_number)
    parts = [frame(conn, numbers.where(FAM.c.family_id.in_(part))) for part in in_parts(families)]
    named = pd.concat(parts, ignore_index=True) if parts else frame(conn, numbers.where(sa.false()))
    return pd.DataFrame(
        {
            "claim_number": named.set_index("family_id")["claim_number"].reindex(families).to_numpy(),
            "applied_cents": applied.to_numpy("int64"),
            "balance_cents": patient_money.balances(conn, families).reindex(families, fill_value=0).to_numpy("int64"),
        }
    ).astype({"claim_number": "str"})


def persons(conn: sa.Connection, family_ids: Iterable[int]) -> pd.DataFrame:
    """Whose the claims are: family_id, member_id, patient (name and birth date, the subscriber's where it is empty)."""
    own = C.c.patient_last_name != ""
    last = sa.case((own, C.c.patient_last_name), else_=C.c.subscriber_last_name)
    first = sa.case((own, C.c.patient_first_name), else_=C.c.subscriber_first_name)
    select = sa.select(
        C.c.family_id,
        C.c.claim_number,
        C.c.member_id,
        sa.func.upper(last, type_=sa.Text).label("last_name"),
        sa.func.upper(first, type_=sa.Text).label("first_name"),
        C.c.patient_birth_date,
    ).where(sa.func.coalesce(C.c.state, "") == "stored")
    parts = [frame(conn, select.where(C.c.family_id.in_(part))) for part in in_parts(sorted(set(family_ids)))]
    rows = pd.concat(parts, ignore_index=True) if parts else frame(conn, select.where(sa.false()))
    return rows.sort_values(["family_id", "claim_number"], ignore_index=True)
