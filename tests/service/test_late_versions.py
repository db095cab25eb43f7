"""Remittances decide replacements whose 837 comes later: the books end as if that had come before them."""

import shutil
from collections import Counter

import pytest
import sqlalchemy as sa

from claims.service.context import open_context
from claims.service.master import import_files
from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from tests.books import PAYER_ID, Bill, claims
from tests.service.books_state import differences, state
from tests.service.conftest import DAY, Practice
from tests.service.test_late_decisions import payment

M, E, V, J = schema.matches, schema.exceptions, schema.variance_cases, schema.journals
PRICES = "".join(f"{PAYER_ID},{code},{cents}\n" for code, cents in (("99213", 110), ("99212", 60), ("85025", 60)))
LINES = {
    # What was billed first, and in its place.
    "A1": ([("99213", "150")], [("99212", "150")]),
    "A2": ([("99213", "150")], [("99212", "150")]),
    "A3": ([("99213", "150")], [("99212", "150")]),
    "A4": ([("99213", "150")], [("99212", "150")]),
    "A5": ([("99213", "150"), ("73030", "20")], [("99213", "150")]),
    "A6": ([("99213", "150"), ("73030", "20")], [("99213", "150"), ("85025", "20")]),
    "A7": ([("99213", "150")], [("99212", "150")]),
}
FIRST = claims(*(Bill(number, old) for number, (old, _) in LINES.items()))
AGAIN = claims(*(Bill(number, new, frequency="7") for number, (_, new) in LINES.items()), control="000000010")


def denied(number, sign="", procedure="99213"):
    told = [f"CLP*{number}*{22 if sign else 4}*{sign}150*0**12*D{number}~", f"SVC*HC:{procedure}*{sign}150*0**1~"]
    return [*told, f"CAS*CO*197*{sign}150~"]


def decided(number, icn, procedure, paid, sign="", *, frequency="", dated=False):
    told = [f"CLP*{number}*{22 if sign else 1}*{sign}150*{sign}{paid}**12*{icn}{number}*11*{frequency}~"]
    told += [f"SVC*HC:{procedure}*{sign}150*{sign}{paid}**1~"]
    told += ["DTM*472*20250201~"] if dated else []
    return [*told, f"CAS*CO*45*{sign}{150 - paid}~"]


NEW = ("N", "99212", 60)
NIGHTS = [
    payment("\n".join([*denied("A2"), *denied("A3"), *decided("A1", "O", "99213", 110)]), "T1", "20250310", "110"),
    payment(
        "\n".join(
            [
                *decided("A1", "O", "99213", 110, "-"), *decided("A1", *NEW, frequency="7"),
                *decided("A2", *NEW), *denied("A3", "-"), *decided("A3", *NEW, frequency="7"),
                *decided("A4", *NEW, dated=True), *decided("A5", "N", "99213", 110),
                *("CLP*A6*1*170*110**12*NA6~", "SVC*HC:99213*150*110**1~", "CAS*CO*45*40~"),
                *("SVC*HC:85025*20*0**1~", "CAS*CO*197*20~"), *decided("A7", *NEW, frequency="7"),
            ]
        ), "T2", "20250415", str(60 + 60 + 60 + 60 + 110 + 110 + 60 - 110),
    ),
    payment("\n".join([*decided("A7", *NEW, "-"), "PLB*1999999984*20251231*WO:NA7*-60~"]), "T3", "20250420"),
]  # fmt: skip


@pytest.fixture
def database_url(sqlite_url):
    """What comes late moves alike on both engines."""
    return sqlite_url


@pytest.fixture
def books(settings, tmp_path):
    """Make practices whose payer has a contract, as many as are asked for."""
    made = []

    def make():
        folder = tmp_path / f"books{len(made)}"
        shutil.copytree(settings.home, folder / "home")
        shutil.copy(settings.database_url.removeprefix("sqlite:///"), folder / "claims.db")
        own = {"home": folder / "home", "database_url": f"sqlite:///{folder / 'claims.db'}"}
        made.append(Practice(open_context(settings.model_copy(update=own), actor="tester"), folder))
        fees = folder / "fees.csv"
        fees.write_text("payer_code,procedure_code,allowed\n" + PRICES, encoding="utf-8")
        import_files(made[-1].ctx, [fees])
        return made[-1]

    yield make
    for one in made:
        one.ctx.engine.dispose()


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def ending(practice):
    """The state of the books, with what is paid below its contract."""
    rows = practice.rows(sa.select(V.c.case_key, V.c.open_cents).where(V.c.state == "open"))
    return state(practice) | {"variances": Counter(rows)}


def written(practice):
    tables = (schema.journals, schema.matches, schema.claim_postings, schema.denial_events, schema.claim_events)
    return [practice.count(table) for table in (*tables, schema.variance_events)]


def last_run(practice):
    return practice.rows(sa.select(sa.func.max(schema.runs.c.run_id)).where(schema.runs.c.kind == "reconcile"))[0][0]


def lived(practice, *nights):
    for files in nights:
        practice.night(*files)
    return practice


def test_payments_move_to_the_replacement_that_came_after_them(books):
    first = lived(books(), (FIRST, AGAIN, *NIGHTS[:2]))
    late = lived(books(), (FIRST, *NIGHTS[:2]))
    before = ending(late)
    assert late.exceptions().count("LINE_UNMATCHED") == 5 and len(before["variances"]) == 5
    journals = late.count(J)
    assert late.night(AGAIN)["payments_matched_again"] == 7
    check(late)
    assert differences(ending(first), ending(late)) == {}
    named = late.rows(sa.select(E.c.closed_reason).where(E.c.type_code == "LINE_UNMATCHED"))
    assert named == [("matched-again",)] * 5
    assert late.rows(sa.select(V.c.state, V.c.outcome)) == [("closed", "repriced")] * 5
    # A4 lies on its line in any case: its match changed, and none of its money moved.
    own = sa.select(sa.func.count()).where(J.c.journal_id > journals, J.c.source != "charge")
    assert late.rows(own) != late.rows(own.where(J.c.family_id == late.family("A4"))) == [(0,)]
    told = written(late)
    assert late.reconcile()["payments_matched_again"] == 0 and written(late) == told


@pytest.mark.long
def test_an_undo_of_that_night_gives_back_what_was_and_a_replay_what_became_of_it(books):
    first = lived(books(), (FIRST, AGAIN), *((night,) for night in NIGHTS))
    late = lived(books(), (FIRST, NIGHTS[0]), NIGHTS[1:2], NIGHTS[2:])
    before = ending(late)
    assert late.night(AGAIN)["payments_matched_again"] == 8
    run, after = last_run(late), ending(late)
    assert differences(ending(first), after) == {}
    back = undo(late.ctx, f"run:{run}", DAY)
    assert back.counts["payments_matched_back"] == 8
    check(late)
    # The charges stay those of the replacement: A5 is billed 20.00 less.
    assert differences(_without_charges(before), _without_charges(ending(late))) == {}
    told = written(late)
    assert late.reconcile()["payments_matched_again"] == 0 and written(late) == told
    assert replay(late.ctx, f"run:{run}", DAY).counts["payments_matched_again"] == 8
    check(late)
    assert differences(after, ending(late)) == {}


def _without_charges(books):
    own = {topic: rows for topic, rows in books.items() if topic != "lives" and not topic.startswith("balances by")}
    return own | {"balances": Counter({key: cents for key, cents in own["balances"].items() if key[6] != "2"})}


@pytest.mark.long
def test_a_remittance_before_all_its_claims_moves_on_with_them(books):
    first, late = books(), books()
    for one in (first, late):
        one.night(*NIGHTS)
    first.night(FIRST, AGAIN)
    late.night(FIRST)
    late.night(AGAIN)
    check(late)
    assert differences(ending(first), ending(late)) == {}


@pytest.mark.long
def test_a_claim_on_which_a_person_has_built_stays(books):
    late = books()
    late.night(FIRST, payment("\n".join(denied("A1", procedure="99212")), "T1", "20250310"))
    assert late.exceptions().count("LINE_UNMATCHED") == 1
    late.write_off("A1", "small", DAY)
    told = late.rows(sa.select(M.c.match_id, M.c.claim_id))
    assert late.night(AGAIN)["payments_matched_again"] == 0
    assert late.rows(sa.select(M.c.match_id, M.c.claim_id)) == told
    assert late.exceptions().count("LINE_UNMATCHED") == 1
    check(late)
