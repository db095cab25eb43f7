"""The journals of a stretch of days: held against a plain recount of the tables, as they were known on a day."""

import json
from collections import Counter
from hashlib import sha256

import pytest
import sqlalchemy as sa

from claims.errors import NotFoundError, UsageError
from claims.service import journal_report
from claims.service.report import verify_reports, write_report
from claims.service.undo import undo
from claims.store import schema
from claims.store.clock import now
from claims.store.engine import read
from claims.store.queries import journals as rows_of
from claims.store.queries.journals import Stretch
from tests.books import remit
from tests.service.conftest import DAY
from tests.service.test_open_items import begin
from tests.service.test_report import contents, described, rows

TAKEN_BACK = remit("""BPR*I*0*C*NON************20250710~
                     TRN*1*T9*1512345678~
                     CLP*A1*22*-150*-70*-22*12*ICN1~
                     SVC*HC:99213*-150*-70**-1~
                     CAS*CO*45*-58~
                     CAS*PR*1*-22~
                     PLB*1999999984*20251231*WO:ICN1*-70~""")
FIRST, LAST = DAY.replace(day=2), DAY.replace(month=7)
TABLES = (
    *("journals", "ledger_lines", "families", "remittances", "claim_payments", "service_payments", "adjustments"),
    *("provider_adjustments", "bank_lines", "claims", "service_lines", "patient_payments", "files"),
)


@pytest.fixture
def books(begun):
    return begun(begin)


def written(practice, folder, stretch, as_of=None, known_at=None, format="csv"):
    made = journal_report.of(stretch)
    return write_report(practice.ctx, "journals", as_of or stretch.end, known_at, format, folder, made)


def recounted(practice, start, end):
    """Every ledger line of these days, looked up row by row."""
    with read(practice.ctx.engine) as conn:
        all_rows = {
            name: [dict(row) for row in conn.execute(sa.select(schema.metadata.tables[name])).mappings()]
            for name in TABLES
        }
    by_id = {name: {next(iter(row.values())): row for row in found} for name, found in all_rows.items()}
    families, remits, files = by_id["families"], by_id["remittances"], by_id["files"]
    told = []
    for line in sorted(all_rows["ledger_lines"], key=lambda one: one["ledger_line_id"]):
        head = by_id["journals"][line["journal_id"]]
        if not start <= head["posting_date"] <= end:
            continue
        kinds = ("adjustments", "service_payments", "provider_adjustments", "claim_payments", "bank_lines")
        found = [by_id[kind].get(line[kind.removesuffix("s") + "_id"]) for kind in kinds]
        found = [
            one
            for one in found
            if one and one.get("claim_payment_id", line["claim_payment_id"]) == line["claim_payment_id"]
        ]
        found += [
            one
            for one in all_rows["service_lines"]
            if (one["claim_id"], one["line_number"]) == (head["claim_id"], line["line_number"])
        ]
        found += [one for one in all_rows["patient_payments"] if one["payment_key"] == line["reference"]]
        found += [by_id["claims"].get(head["claim_id"]), by_id["claim_payments"].get(head["claim_payment_id"])]
        found += [remits.get(line["remit_id"] or head["remit_id"])]
        found += [one for one in all_rows["claims"] if one["family_id"] == (line["family_id"] or head["family_id"])]
        place = next((one for one in found if one), {"seg": 0, "offset": 0, "length": 0, "file_id": None})
        family = families.get(line["family_id"] or head["family_id"])
        decided = by_id["claim_payments"].get(line["claim_payment_id"] or head["claim_payment_id"])
        back = [
            one["idempotency_key"]
            for one in all_rows["journals"]
            if one["reverses_journal_id"] == head["journal_id"] and one["posting_date"] <= end
        ]
        of = by_id["journals"].get(head["reverses_journal_id"])
        cents = line["amount_cents"]
        told.append((head["posting_date"], head["journal_id"], {
            "journal": head["idempotency_key"], "posting_date": str(head["posting_date"]), "account": line["account"],
            "rule_id": line["rule_id"], "reason": head["reason_code"], "actor": head["actor"],
            "effective_date": str(head["effective_date"]), "payer_code": line["payer_code"],
            "debit_cents": str(max(cents, 0)), "credit_cents": str(max(-cents, 0)),
            "claim_number": (family or decided or {"claim_number": ""})["claim_number"],
            "remit_key": (remits.get(line["remit_id"] or head["remit_id"]) or {"remit_key": ""})["remit_key"],
            "reverses": of["idempotency_key"] if of else "", "reversed_by": " ".join(back),
            "sha256": files[place["file_id"]]["sha256"] if place["file_id"] else "",
            "seg": str(place.get("seg", place.get("row_number"))), "offset": str(place["offset"]),
            "length": str(place["length"]),
        }))  # fmt: skip
    return [row for *_, row in sorted(told, key=lambda one: one[:2])]


def chained(practice, path):
    """Follow the chain of journals through a report of all days, as docs/reports.md says it, to the noted head."""
    told = {row["previous_hash"]: row["hash"] for row in rows(path, "journals")}
    found, last = 0, "0" * 64
    while last in told:
        found, last = found + 1, told[last]
    run = json.loads(path.read_text())["run"]
    assert [found, last] == run["chain_ends"]["journals"] and found == len(told)
    ends = ":".join(hashed for _, hashed in run["chain_ends"].values())
    numbers = "-".join(str(number) for number, _ in run["chain_ends"].values())
    assert run["audit_head"].split(":")[4:] == [numbers, sha256(ends.encode()).hexdigest()]

    def values(table, row):
        is_number = [isinstance(column.type, sa.Integer) for column in table.columns if column.name != "hash"]
        return tuple(
            (0 if number else "") if value is None else value if number else str(value)
            for value, number in zip(row, is_number, strict=True)
        )

    journals, lines = schema.journals, schema.ledger_lines
    *head, previous = practice.rows(sa.select(*(one for one in journals.columns if one.name != "hash")))[:2]
    own = practice.rows(sa.select(lines).where(lines.c.journal_id == 2).order_by(lines.c.ledger_line_id))
    text = ascii((values(journals, previous), [values(lines, row) for row in own]))
    (first,) = practice.rows(sa.select(journals.c.hash).where(journals.c.journal_id == 1))
    assert head[0][0] == 1 and told[first[0]] == sha256(f"{first[0]}{text}".encode()).hexdigest()


@pytest.mark.long
def test_each_ledger_line_stands_with_what_it_comes_from_and_accounts_go_from_start_to_end(
    books, tmp_path, monkeypatch
):
    monkeypatch.setattr(rows_of, "ROWS_AT_ONCE", 3)  # journals are cut apart by the end of a part
    known_at = now()
    path = written(books, tmp_path / "june", Stretch(FIRST, DAY), known_at=known_at)
    before = contents(path.parent)
    undo(books.ctx, "remit:2", LAST)
    everything = written(books, tmp_path / "all", Stretch(FIRST, LAST))
    for name, start, end in (("june", FIRST, DAY), ("all", FIRST, LAST)):
        wanted, found = recounted(books, start, end), rows(tmp_path / name / "manifest.json", "journals")
        assert len(found) == len(wanted) >= 28
        for own, row in zip(found, wanted, strict=True):
            assert {column: own[column] for column in row} == row
    assert {row["sha256"] != "" for row in rows(everything, "journals")} == {True}
    assert Counter(row["reversed_by"] != "" for row in rows(everything, "journals"))[True] >= 8
    assert all(check["holds"] for check in described(everything)["checks"])
    chained(books, everything)
    # Days that are over, and accounts of a month, are what they were, and what the tie-out says.
    written(books, tmp_path / "june", Stretch(FIRST, DAY), known_at=known_at)
    assert contents(path.parent) == before
    month = written(books, tmp_path / "july", Stretch(LAST.replace(day=1), LAST))
    tied = write_report(books.ctx, "tieout", LAST, None, "csv", tmp_path / "tieout")
    accounts = rows(month, "accounts")
    assert accounts == rows(tied, "accounts") and len(accounts) > 8
    for row in accounts:
        moved = int(row["debits_cents"]) - int(row["credits_cents"])
        assert int(row["start_cents"]) + moved == int(row["end_cents"])


@pytest.mark.long
def test_one_account_alone_and_what_is_taken_back_later(books, tmp_path):
    stretch = Stretch(FIRST, DAY, "2100")
    undo(books.ctx, "remit:2", LAST)
    then = rows(written(books, tmp_path / "then", stretch), "journals")
    later = rows(written(books, tmp_path / "later", stretch, as_of=LAST), "journals")
    assert {row["account"] for row in then} == {"2100"} and len(then) == len(later)
    assert not any(row["reversed_by"] for row in then) and any(row["reversed_by"] for row in later)
    assert len(rows(tmp_path / "then" / "manifest.json", "accounts")) == 1
    for format in ("xlsx", "json", "parquet"):
        path = written(books, tmp_path / format, stretch, format=format)
        assert [table["rows"] for table in described(path)["tables"]] == [len(then), 1]
    assert [one["problems"] for one in verify_reports(tmp_path)] == [[]] * 5
    # What a payer takes back leads to the segments that say so: another CAS stands in front, so it leads to its SVC.
    books.night(TAKEN_BACK, day=LAST)
    back = [row for row in rows(written(books, tmp_path / "back", Stretch(LAST, LAST)), "journals") if row["reverses"]]
    back = [row for row in back if row["rule_id"] == "C20"]
    stored = {
        (row["account"], row["reason_code"]): books.ctx.vault.read(
            row["sha256"], int(row["offset"]), int(row["length"])
        )
        for row in back
    }
    assert {key: told.partition(b"~")[0] for key, told in stored.items()} == {
        ("1050", ""): b"SVC*HC:99213*-150*-70**-1", ("1100", ""): b"SVC*HC:99213*-150*-70**-1",
        ("4100", "45"): b"CAS*CO*45*-58", ("1200", "2"): b"SVC*HC:99213*-150*-70**-1",
    }  # fmt: skip


def test_a_stretch_that_cannot_be_is_wrong_use(books, tmp_path):
    for stretch in (Stretch(LAST, DAY), Stretch(FIRST, LAST)):
        with pytest.raises(UsageError, match="after"):
            written(books, tmp_path, stretch, as_of=DAY)
    with pytest.raises(NotFoundError):
        journal_report.of(Stretch(FIRST, DAY, "9999"))
