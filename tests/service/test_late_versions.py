"""Remittances decide replacements whose 837 comes later: the books end as if that had come before them."""

import shutil

import pytest
import sqlalchemy as sa

from claims.service.context import open_context
from claims.service.master import import_files
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from tests.books import PAYER_ID, Bill, claims
from tests.service.books_state import differences, state
from tests.service.conftest import DAY, Practice
from tests.service.test_late_decisions import payment

M, E, V, C = schema.matches, schema.exceptions, schema.variance_cases, schema.claims
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


def denied(number, sign=""):
    status = 22 if sign else 4
    return [f"CLP*{number}*{status}*{sign}150*0**12*D{number}~", f"SVC*HC:99213*{sign}150*0**1~", f"CAS*CO*197*{sign}150~"]


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
    check(practice)
    return state(practice) | {
        "variances": sorted(practice.rows(sa.select(V.c.case_key, V.c.open_cents).where(V.c.state == "open"))),
    }


def test_it(books):
    first, late = books(), books()
    for files in (FIRST, AGAIN, *NIGHTS):
        first.night(files)
    for files in (FIRST, *NIGHTS):
        late.night(files)
    before = ending(late)
    print(late.exceptions(), before["variances"])
    counts = late.night(AGAIN)
    print(counts["payments_matched_again"])
    print(first.exceptions(), late.exceptions(), ending(first)["variances"])
    print(late.rows(sa.select(E.c.type_code, E.c.closed_reason).where(E.c.state == "closed")))
    print(late.rows(sa.select(V.c.state, V.c.outcome)))
    for k, v in differences(ending(first), ending(late)).items():
        print(k, v)
    assert differences(ending(first), ending(late)) == {}
