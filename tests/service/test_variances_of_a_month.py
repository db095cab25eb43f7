"""The simulated payers pay their own schedules: a clean month has no variance, a spoilt one exactly those planted."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
import sqlalchemy as sa

from claims import config, payer, x12
from claims.money import cents
from claims.service.context import open_context
from claims.service.intake import ingest
from claims.service.master import import_files
from claims.service.reconcile import reconcile
from claims.service.simulate import answer, simulate_month
from claims.store import schema, upkeep
from claims.store.engine import read

CASE, CP = schema.variance_cases, schema.claim_payments
CLAIMS, SEED = 60, 5
PLANTED = (-900, -1500, -1234, 700)  # beyond 1.00 and 2 percent of any line here


class Books:
    """A practice that knows the payers' schedules."""

    def __init__(self, home, fees):
        settings = config.load(home=home, database_url=f"sqlite:///{home / 'claims.db'}")
        upkeep.initialise(settings)
        self.ctx, self.home = open_context(settings, actor="test"), home
        import_files(self.ctx, [fees])

    def night(self, day, *files):
        ingest(self.ctx, files, day)
        return reconcile(self.ctx, day)

    def rows(self, select):
        with read(self.ctx.engine) as conn:
            return [tuple(row) for row in conn.execute(select)]


@pytest.fixture(scope="module")
def month():
    return payer.simulate(CLAIMS, SEED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("month") / "out"
    simulate_month(out, claims=CLAIMS, seed=SEED)
    return out


def single_lines(month) -> pd.DataFrame:
    """Lines paid by the contract alone, of claims that were decided once: file, seg, claim_number, expected share."""
    files = [file for file in month.files if file.frames is not None and "claim_payments" in file.frames]
    payments = pd.concat([file.frames["claim_payments"].assign(file=file.name) for file in files])
    once = payments[~payments["claim_number"].duplicated(keep=False) & ~payments["file"].str.startswith("resent")]
    found = []
    for file in files:
        lines = file.frames["service_payments"].join(once.set_index("seg")[["claim_number", "file"]], on="claim_seg")
        lines = lines[lines["file"] == file.name]
        reduced = file.frames["adjustments"]
        price = reduced[(reduced["group_code"] == "CO") & (reduced["reason_code"] == "45")]
        price = price.set_index("service_seg")["amount_cents"].reindex(lines["seg"]).fillna(0).to_numpy("int64")
        plain = ~lines["seg"].isin(reduced.loc[~reduced["reason_code"].isin(["45", "1", "2", "3"]), "service_seg"])
        found.append(lines[plain & (lines["paid_cents"] > 2000) & (price > 2000)])
    return pd.concat(found).drop_duplicates("claim_number").drop_duplicates("file").reset_index(drop=True)


def moved(frames, seg: int, claim_seg: int, by: int):
    """A remittance that pays so much more on a line, and takes so much less for the contract."""
    new = {name: frame.copy() for name, frame in frames.items()}
    new["service_payments"].loc[new["service_payments"]["seg"] == seg, "paid_cents"] += by
    new["claim_payments"].loc[new["claim_payments"]["seg"] == claim_seg, "paid_cents"] += by
    reduced = new["adjustments"]
    reduced.loc[(reduced["service_seg"] == seg) & (reduced["reason_code"] == "45"), "amount_cents"] -= by
    new["remittances"]["payment_cents"] += by
    return new


@pytest.fixture(scope="module")
def spoilt(month, folder, tmp_path_factory):
    """The month with three lines underpaid and one overpaid, in four files."""
    books = Books(tmp_path_factory.mktemp("spoilt"), folder / "fee_schedules.csv")
    chosen = single_lines(month).head(len(PLANTED))
    frames = {file.name: file.frames for file in month.files}
    wrong = {
        row["file"]: moved(frames[row["file"]], row["seg"], row["claim_seg"], by)
        for row, by in zip(chosen.to_dict("records"), PLANTED, strict=True)
    }
    files = []
    for path in sorted((folder / "inbox").iterdir()):
        files.append(path)
        if path.name in wrong:
            files[-1] = books.home / path.name
            files[-1].write_bytes(x12.write(wrong[path.name]))
    books.night(month.posting_date, *files)
    yield books, chosen, wrong
    books.ctx.engine.dispose()


@pytest.mark.long
def test_a_clean_month_has_no_variance(month, folder, tmp_path):
    books = Books(tmp_path, folder / "fee_schedules.csv")
    done = books.night(month.posting_date, *sorted((folder / "inbox").iterdir()))
    assert done["lines_priced"] > CLAIMS
    assert books.rows(sa.select(CASE.c.difference_cents)) == []
    off = schema.expected_allowed
    assert set(books.rows(sa.select(off.c.outcome))) <= {("priced",), ("no-fee",)}
    books.ctx.engine.dispose()


@pytest.mark.long
def test_what_was_planted_is_found_and_nothing_else(spoilt):
    books, chosen, _ = spoilt
    found = books.rows(sa.select(CASE.c.claim_number, CASE.c.line_number, CASE.c.difference_cents, CASE.c.kind))
    planted = zip(chosen["claim_number"], chosen["ordinal"], PLANTED, strict=True)
    kinds = {True: "underpaid", False: "overpaid"}
    near = {(number, line, kinds[by < 0]) for number, line, by in planted}
    assert {(number, line, kind) for number, line, _, kind in found} == near
    off = {number: cents for number, _, cents, _ in found}
    assert [off[number] for number in chosen["claim_number"]] == list(PLANTED)


@pytest.mark.long
def test_a_corrected_remittance_is_tied_to_what_it_recovered(month, spoilt):
    books, chosen, wrong = spoilt
    row, short = chosen.iloc[2], -PLANTED[2]
    right = {file.name: file.frames for file in month.files}[row["file"]]
    path = books.home / "correction.835"
    path.write_bytes(x12.write(correction(wrong[row["file"]], right, int(row["claim_seg"]), short)))
    books.night(month.posting_date + timedelta(days=7), path)
    asked = sa.select(CASE.c.state, CASE.c.recovered_cents, CASE.c.open_cents, CP.c.claim_number, CP.c.status_code)
    asked = asked.join(CP, CP.c.claim_payment_id == CASE.c.recovered_claim_payment_id)
    assert books.rows(asked) == [("recovered", short, 0, row["claim_number"], "1")]
    assert sorted(books.rows(sa.select(CASE.c.state))) == [("open",)] * 3 + [("recovered",)]


def correction(was, now, claim_seg: int, more: int):
    """A remittance that takes a claim payment back and pays it anew."""
    money = {
        "claim_payments": ["charge_cents", "paid_cents", "patient_responsibility_cents"],
        "service_payments": ["charge_cents", "paid_cents"],
        "adjustments": ["amount_cents"],
    }
    parts: dict[str, list[pd.DataFrame]] = {}
    for shift, sign, frames in ((0, -1, was), (100_000, 1, now)):
        for name, columns in money.items():
            key = "seg" if name == "claim_payments" else "claim_seg"
            rows = frames[name][frames[name][key] == claim_seg].copy()
            rows[columns] *= sign
            for column in {"seg", "claim_seg", "service_seg"} & set(rows.columns):
                rows[column] += shift
            parts.setdefault(name, []).append(rows)
    parts["claim_payments"][0]["status_code"] = "22"
    both = {name: pd.concat(rows, ignore_index=True) for name, rows in parts.items()}
    remittance = now["remittances"].assign(payment_cents=more, trace_number="FIX1")
    rest = {name: now[name] for name in ("interchanges", "groups", "transactions")}
    nothing = {name: now[name].iloc[:0] for name in ("remarks", "provider_adjustments")}
    around = rest["interchanges"].assign(control_number="999")
    return {**rest, **nothing, **both, "interchanges": around, "remittances": remittance}


@pytest.mark.long
def test_the_payers_of_any_claim_file_write_what_they_allow(folder, tmp_path):
    files = sorted((folder / "inbox").glob("*.837"))
    answer(files, tmp_path / "out")
    fees = pd.read_csv(tmp_path / "out" / "fee_schedules.csv", dtype=str)
    sent = pd.concat([x12.read(path).frames["service_lines"] for path in files])
    assert set(fees["procedure_code"]) <= set(sent["procedure_code"])
    assert all(cents(text) > 0 for text in fees["allowed"])
    assert not fees.duplicated(["payer_code", "procedure_code"]).any()
