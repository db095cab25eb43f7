"""Answers (TA1, 999, 277CA) are read again from their files: a row that says otherwise is named with its place."""

from itertools import zip_longest
from pathlib import Path

import pytest
import sqlalchemy as sa

from claims.service import verify_files
from claims.store import schema
from claims.store.engine import rehearsal
from tests.answers import ack_999, ca_277, ta1
from tests.books import Bill, claims
from tests.service.test_verify_files import broken, tamper

SENT = claims(Bill("A1", [("99213", "100")]), Bill("A2", [("99213", "50")]))
JUDGED = ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A7:562:85", "50"), of_provider="A1:19:85")
OF_LINES = Path("edi_samples/277ca/pass/lines-and-a-refused-claim.edi").read_bytes()

# Of the first row of each kind (scope): a column, and what it is changed to. Rows are changed one of each at a time.
CHANGED = {
    "interchange": ["status_code = 'R'", "detail_code = '023'", "reference = '000000008'", "verdict = 'rejected'"],
    "group": ["verdict = 'rejected'", "reference = '2'", "transaction_id = NULL"],
    "set": ["status_code = 'R'", "group_reference = '2'", "reference = '0002'"],
    "batch": ["batch_reference = 'B2'", "source_code = 'AY'", "action_code = 'U'"],
    "provider": ["provider_npi = '1'", "source_identifier = 'X'", '"offset" = "offset" + 1'],
    "claim": ["payer_claim_number = 'X'", "charge_cents = 1", "entity_code = '40'", "charge_cents = NULL"],
    "line": ["detail_code = '1'", "status_date = '2025-01-01'", "length = 1"],
}
FIRST = "acknowledgement_id = (SELECT MIN(acknowledgement_id) FROM acknowledgements WHERE scope = '{}')"


@pytest.fixture
def database_url(sqlite_url):
    """One engine is enough here; test_verify_files.py holds books against both."""
    return sqlite_url


def begin(practice):
    practice.night(SENT, ta1("000000009"), ack_999("1", "P", ("0001", "A", "")), JUDGED, OF_LINES)


@pytest.fixture
def books(begun):
    return begun(begin)


def found(practice, *statements):
    with rehearsal(practice.ctx.engine) as conn:
        tamper(practice, *statements)
        return verify_files.differing(practice.ctx, conn)[1]


@pytest.mark.long
def test_sound_answers_are_as_their_files_say(books):
    scopes = books.rows(sa.select(schema.acknowledgements.c.scope).distinct())
    assert {one for (one,) in scopes} == set(CHANGED)
    assert broken(books) == {}


@pytest.mark.long
def test_a_row_of_an_answer_that_is_not_what_its_file_says_is_found_with_its_place(books):
    for changes in zip_longest(*CHANGED.values()):
        changed = {FIRST.format(scope): change for scope, change in zip(CHANGED, changes, strict=True) if change}
        said = found(books, *(f"UPDATE acknowledgements SET {change} WHERE {of}" for of, change in changed.items()))
        columns = [change.split(" = ")[0].strip('"') for change in changed.values()]
        columns = ["transaction_seg" if one == "transaction_id" else one for one in columns]
        assert sorted(one.split(" is ")[0].rpartition("acknowledgements, ")[2] for one in said) == sorted(columns)
        assert all(", segment " in one and ", byte " in one for one in said)


def test_an_answer_that_is_gone_or_put_in_is_found(books):
    names = 'file_id, seg, "offset", length, scope, reference, status_code, verdict, payer_claim_number, detail_code'
    put_in = f"INSERT INTO acknowledgements (acknowledgement_id, {names}) SELECT "
    values = "file_id, 7, 1, 1, 'claim', 'A1', 'A2', 'accepted', '', '' FROM files WHERE sets = "
    said = found(
        books,
        "DELETE FROM acknowledgements WHERE scope = 'interchange'",
        f"{put_in} 998, {values} '999'",
        f"{put_in} 999, {values} '837P'",
    )
    assert sorted(one.split(": ")[1] for one in said) == [
        "1 row(s) of acknowledgements too many",
        "a row of acknowledgements that the file does not have",
        "the row of acknowledgements is missing",
    ]
