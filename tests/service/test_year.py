"""A year of patients: charges become claims, the simulated payers answer, and the books say what the payers decided.

Professional, institutional and dental claims, for first and second payers. Month by month: charges come in, claims for
next payers are made, edits look, files go, TA1s, 999s, 277CAs, 835s and the bank come back, and are reconciled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from claims import config, x12
from claims.money import cents
from claims.service import charges, intake, master, outgoing, reconcile, simulate
from claims.service.context import Context, open_context
from claims.store import audit, engine, schema
from claims.store.engine import read
from claims.store.load import frame
from tests.service.invented_year import YEAR, year
from tests.service.simulated import codes
from tests.x12.reference import reference_of

MASTER = Path(__file__).parent.parent.parent / "edi_samples" / "master"
SEED = 7
LAST = [date(YEAR, 11, 28), date(YEAR, 12, 26), date(YEAR + 1, 1, 30), date(YEAR + 1, 3, 15)]
ON_ITS_WAY = {"batched", "sent", "acknowledged", "received", "accepted"}


@dataclass
class Lived:
    """The books at the end, the files that were sent, and what the payers say that they decided."""

    ctx: Context
    sent: list[Path] = field(default_factory=list)
    truth: pd.DataFrame = field(default_factory=pd.DataFrame)
    charged: set[str] = field(default_factory=set)

    def rows(self, select: sa.Select) -> pd.DataFrame:
        with read(self.ctx.engine) as conn:
            return frame(conn, select)


def live(ctx: Context, folder: Path, patients: int, every: int) -> Lived:
    """Live the year; things happen `every` so many months."""
    lived, invented = Lived(ctx), year(patients, SEED)
    master.import_files(ctx, sorted(MASTER.glob("*.csv")))
    months = list(invented.months())
    rounds = [months[at : at + every] for at in range(0, len(months), every)]
    days = [(these, date(YEAR, these[-1], 28)) for these in rounds] + [([], day) for day in LAST]
    told = []
    for number, (these, day) in enumerate(days):
        for month in these:
            file = folder / f"charges_{month:02d}.csv"
            file.write_bytes(invented.csv(month))
            assert charges.import_charges(ctx, [file], day).counts["stored"] == 1
            lived.charged |= set(invented.rows[invented.rows["month"] == month]["claim_number"])
        outbox = folder / "outbox" / f"{number:02d}"
        outgoing.send(ctx, day, outbox=outbox)
        sent = sorted(path for path in outbox.rglob("*") if path.is_file())
        lived.sent += sent
        answers = folder / "answers" / f"{number:02d}"
        simulate.answer(sent, answers, seed=SEED, books=folder / "books", day=day, as_of=day)
        told.append(pd.read_csv(answers / "truth.csv", dtype=str, keep_default_na=False))
        (answers / "truth.csv").unlink()
        intake.ingest(ctx, intake.find_files(answers), day)
        reconcile.reconcile(ctx, day)
    lived.truth = pd.concat(told, ignore_index=True)
    return lived


@pytest.fixture(scope="module", params=[(60, 3), pytest.param((1_000, 1), marks=pytest.mark.long)], ids=["60", "1000"])
def lived(request, tmp_path_factory) -> Lived:
    """Books of their own for the module, in SQLite."""
    folder = tmp_path_factory.mktemp("year")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLAIMS_HOME", str(folder / "data"))
        settings = config.load()
        settings.home.mkdir()
        engine.upgrade(settings.database_url)
        audit.create_key(settings.audit_key_file)
        ctx = open_context(settings, actor="tester")
        yield live(ctx, folder, *request.param)
        ctx.engine.dispose()


def test_every_claim_ends_in_exactly_one_state_and_none_is_lost_on_the_way(lived):
    claims = lived.rows(sa.select(schema.claims).where(schema.claims.c.origin == "to_send"))
    first = claims[claims["purpose"] == "original"]
    assert sorted(first["claim_number"]) == sorted(lived.charged)
    assert not set(claims["life"]) & ON_ITS_WAY
    assert set(claims["life"]) <= {"paid", "partly_paid", "denied", "rejected", "blocked"}
    told = lived.rows(sa.select(schema.claim_events.c.claim_id, schema.claim_events.c.life_after).order_by("event_id"))
    last = told[told["life_after"] != ""].drop_duplicates("claim_id", keep="last").set_index("claim_id")["life_after"]
    assert last.reindex(claims["claim_id"]).tolist() == claims["life"].tolist()


def test_what_is_blocked_has_a_finding_and_what_is_rejected_stands_in_its_queue(lived):
    claims = lived.rows(sa.select(schema.claims.c.claim_id, schema.claims.c.life))
    found = lived.rows(
        sa.select(schema.edit_findings.c.claim_id)
        .where(schema.edit_findings.c.severity == "block", schema.edit_findings.c.ended_at.is_(None))
        .distinct()
    )
    assert set(claims.loc[claims["life"] == "blocked", "claim_id"]) == set(found["claim_id"]) != set()
    queue = lived.rows(sa.select(schema.rejections.c.claim_id).where(schema.rejections.c.state == "open"))
    assert set(claims.loc[claims["life"] == "rejected", "claim_id"]) == set(queue["claim_id"])


def test_payments_and_denials_by_payer_and_month_are_those_of_the_payers(lived):
    decided = lived.truth[lived.truth["kind"] == "claim_payment"]
    month = decided["payment_date"].str.replace("-", "").str[:6]
    amounts = decided[["paid", "denied"]].apply(lambda column: column.str.replace(".", "").replace("", "0").astype(int))
    truth = amounts.groupby([decided["payer_code"], month]).sum()
    P, R, A, K = schema.claim_payments, schema.remittances, schema.adjustments, schema.classifications
    paid = lived.rows(
        sa.select(R.c.payer_code, R.c.payment_date, R.c.state, P.c.claim_payment_id, P.c.paid_cents).join(
            R, R.c.remit_id == P.c.remit_id
        )
    )
    assert set(paid["state"]) == {"posted"}
    denied = lived.rows(
        sa.select(A.c.claim_payment_id, A.c.amount_cents)
        .join(K, K.c.adjustment_id == A.c.adjustment_id)
        .where(K.c.counts_as_denial == 1)
    )
    by_payment = denied.groupby("claim_payment_id")["amount_cents"].sum()
    # A reversal takes back what its original denied, whatever its own adjustments say.
    T = schema.claim_postings
    taken = lived.rows(
        sa.select(T.c.claim_payment_id, T.c.reverses_claim_payment_id).where(
            T.c.outcome == "reversal", T.c.ended_at.is_(None)
        )
    )
    back = -by_payment.reindex(taken["reverses_claim_payment_id"]).fillna(0)
    by_payment = pd.concat([by_payment.drop(taken["claim_payment_id"], errors="ignore"),
                            back.set_axis(taken["claim_payment_id"])])  # fmt: skip
    paid["denied"] = by_payment.reindex(paid["claim_payment_id"]).fillna(0).astype(int).to_numpy()
    months = paid["payment_date"].str.replace("-", "").str[:6]
    books = paid.groupby(["payer_code", months])[["paid_cents", "denied"]].sum()
    assert len(truth) > 10
    differing = books.compare(truth.set_axis(books.columns, axis=1).rename_axis(books.index.names))
    assert differing.empty, differing.to_string()


def test_every_remittance_is_posted_with_its_provider_adjustments_and_its_money_is_in_the_bank(lived):
    told = lived.truth[lived.truth["kind"] == "remittance"].set_index("trace_number")
    told["paid"], told["payment"] = (told[name].map(cents) for name in ("paid", "payment"))
    R, A, D = schema.remittances, schema.provider_adjustments, schema.deposit_matches
    books = lived.rows(sa.select(R)).set_index("trace_number")
    assert sorted(books.index) == sorted(told.index) and books.index.is_unique
    assert set(books["state"]) == {"posted"}
    assert books["paid_cents"].equals(told["paid"].reindex(books.index).rename("paid_cents"))
    assert books["payment_cents"].equals(told["payment"].reindex(books.index).rename("payment_cents"))
    plb = lived.rows(sa.select(A.c.remit_id, A.c.reason_code, A.c.amount_cents))
    plb = plb.groupby(["remit_id", "reason_code"])["amount_cents"].sum()
    for trace, text in told["plb"].items():
        own = plb[plb.index.get_level_values("remit_id") == books.at[trace, "remit_id"]].droplevel("remit_id")
        assert own.to_dict() == codes(text), trace
    in_bank = lived.rows(sa.select(D.c.remit_id, D.c.amount_cents).where(D.c.ended_at.is_(None)))
    tied = in_bank.groupby("remit_id")["amount_cents"].sum().reindex(books["remit_id"]).fillna(0).astype(int)
    assert tied.tolist() == books["payment_cents"].tolist()
    L = schema.ledger_lines
    assert lived.rows(sa.select(sa.func.sum(L.c.amount_cents).label("c")).where(L.c.account == "1050"))["c"][0] == 0


def test_every_file_that_left_is_clean_for_our_check_and_for_pyx12(lived):
    kinds = set()
    for path in lived.sent:
        data = path.read_bytes()
        file = x12.check(data)
        found = file.findings[(file.findings["severity"] != "note") | file.findings["code"].str.startswith("cob-")]
        assert found.empty, found[["code", "seg", "element"]].to_string()
        kind = file.transactions["set_code"].iloc[0]
        kinds.add(kind)
        if kind != "837D":  # pyx12 has no map of it
            assert reference_of(data).accepted
    assert kinds == {"837P", "837I", "837D"}


def test_second_payers_are_told_what_the_first_decided(lived):
    claims = lived.rows(sa.select(schema.claims).where(schema.claims.c.purpose == "next_payer"))
    assert len(claims) > 20
    assert set(claims["payer_sequence"]) == {"S"} and claims["claim_number"].str.endswith("V2").all()
    assert set(claims["kind"]) == {"P", "I", "D"}


def test_no_claim_left_twice_and_no_control_number_was_used_twice(lived):
    seen: list[tuple[str, str]] = []
    numbers: list[str] = []
    for path in lived.sent:
        file = x12.read(path.read_bytes())
        seen += list(zip(file.frames["claims"]["claim_number"], file.frames["claims"]["payer_code"], strict=True))
        numbers += file.interchanges["control_number"].tolist()
    assert len(seen) == len(set(seen)) and len(numbers) == len(set(numbers))
