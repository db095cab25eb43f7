"""Which decision a reversal takes back, what of the two differs, and what no reversal may be."""

import random
import re
from types import SimpleNamespace

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.ledger import post, reversal_pairs
from claims.ledger.post import propose
from claims.ledger.reversals import reverse
from claims.service import exception_acts
from claims.service.matching_by_hand import match_by_hand
from claims.service.verify import verify
from claims.store import schema
from tests.books import Bill, claims, remit
from tests.service.conftest import DAY

BILL = Bill("A1", [("99213", "150")])
PAID = "CLP*A1*1*150*88*22*12*ICN1~\nSVC*HC:99213*150*88**1~\nCAS*CO*45*40~\nCAS*PR*2*22~"
BACK = "CLP*A1*22*-150*-88**12*ICN1~\nSVC*HC:99213*-150*-88**1~\nCAS*CO*45*-40~\nCAS*PR*2*-22~"
LINE = "CLP*A2*{status}*{charge}*{paid}**12*ICN2~\nSVC*HC:{code}*{charge}*{paid}**1~\nCAS*CO*45*{off}~"
E = schema.exceptions


def payment(segments, trace, day="20250310", cash="0"):
    head = f"BPR*I*{cash}*C*ACH" if cash != "0" else "BPR*H*0*C*NON"
    return remit(f"{head}************{day}~\nTRN*1*{trace}*1512345678~\n{segments}")


def announced(cents, reference="ICN1"):
    return f"\nPLB*1999999984*20251231*WO:{reference}*-{cents}~"


def half(code, sign=1):
    status = 1 if sign > 0 else 22
    return LINE.format(status=status, code=code, charge=75 * sign, paid=50 * sign, off=25 * sign)


def money(practice):
    return [one for one in practice.exceptions() if one != "REMIT_WITHOUT_DEPOSIT"]


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize("other_first", [False, True])
def test_a_reversal_takes_back_the_line_that_it_names(practice, other_first):
    days = ("20250312", "20250310") if other_first else ("20250310", "20250312")
    practice.night(
        claims(Bill("A2", [("99213", "75"), ("73030", "75")])),
        payment(half("99213"), "T1", days[0], "50"),
        payment(half("73030"), "T2", days[1], "50"),
        payment(half("99213", -1) + announced(50, "ICN2"), "T3", "20250410"),
    )
    assert practice.balances(line_number=1) == {"1100": 7500, "4000": -7500}
    assert practice.balances(line_number=2) == {"1050": 5000, "4000": -7500, "4100": 2500}
    assert money(practice) == []
    check(practice)


@pytest.mark.long
def test_a_reversal_never_takes_back_the_decision_on_another_line(practice):
    practice.night(
        claims(Bill("A2", [("99213", "75"), ("73030", "75")])),
        payment(half("73030"), "T2", "20250312", "50"),
        payment(half("99213", -1) + announced(50, "ICN2"), "T3", "20250410"),
    )
    assert money(practice) == ["REVERSAL_ORPHAN"]
    practice.night(payment(half("99213"), "T1", "20250310", "50"))
    assert money(practice) == []
    assert practice.balances(line_number=1, account="1100") == {"1100": 7500}
    assert practice.balances(account="4100") == practice.balances(line_number=2, account="4100") == {"4100": 2500}
    check(practice)


@pytest.mark.long
def test_other_adjustments_in_a_reversal_are_named_and_not_posted(practice):
    practice.night(claims(BILL), payment(PAID, "T1", cash="88"))
    other = "CLP*A1*22*-150*-88**12*ICN1~\nSVC*HC:99213*-150*-88**1~\nCAS*CO*197*-62~"
    practice.night(payment(other + announced(88), "T2", "20250410"))
    assert money(practice) == ["REVERSAL_MISMATCH"]
    cents, message = practice.rows(
        sa.select(E.c.amount_cents, E.c.message).where(E.c.type_code == "REVERSAL_MISMATCH")
    )[0]
    assert cents == 6200
    assert all(word in message for word in ("CO-197 by -62.00", "CO-45 by 40.00", "PR-2 by 22.00"))
    assert practice.balances() == {"1050": 8800, "1100": 15000, "2100": -8800, "4000": -15000}
    # No cash waits: nothing closes it by itself, and a person says that there is nothing to do.
    ((which,),) = practice.rows(sa.select(E.c.exception_id).where(E.c.type_code == "REVERSAL_MISMATCH"))
    exception_acts.accept(practice.ctx, which, "the payer has other codes by now", DAY)
    assert money(practice) == []
    check(practice)


@pytest.mark.long
def test_the_same_adjustments_on_the_claim_instead_of_its_lines_are_no_difference(practice):
    practice.night(claims(BILL), payment(PAID, "T1", cash="88"))
    on_claim = "CLP*A1*22*-150*-88**12*ICN1~\nCAS*CO*45*-40~\nCAS*PR*2*-22~"
    practice.night(payment(on_claim + announced(88), "T2", "20250410"))
    assert money(practice) == []
    check(practice)


@pytest.mark.long
@pytest.mark.few(1)
@pytest.mark.parametrize(
    "negative",
    [
        "CLP*A1*1*-150*-88**12*ICN1~\nSVC*HC:99213*-150*-88**1~\nCAS*CO*45*-62~" + announced(88),
        "CLP*A1*1*-150*0**12*ICN1~\nSVC*HC:99213*-150*0**1~\nCAS*CO*45*-150~",
        "CLP*A1*1*150*-10**12*ICN1~\nSVC*HC:99213*150*-10**1~\nCAS*CO*45*160~" + announced(10),
        "CLP*A1*4*-150*0**12*ICN1~\nSVC*HC:99213*-150*0**1~\nCAS*CO*16*-150~",
    ],
)
def test_a_negative_decision_outside_a_reversal_moves_no_claim(practice, negative):
    practice.night(claims(BILL), payment(negative, "T2", "20250410"))
    assert money(practice) == ["NEGATIVE_DECISION"]
    assert {account: cents for account, cents in practice.balances().items() if account not in ("2100", "2200")} == {
        "1100": 15000,
        "4000": -15000,
    }
    assert practice.count(schema.denial_cases) == 0
    check(practice)


@pytest.mark.long
@pytest.mark.parametrize(("cash", "named"), [("-88", []), ("-80", ["REVERSAL_MISMATCH"])])
def test_a_reversal_that_a_person_matches_takes_back_the_decision_of_that_claim(practice, cash, named):
    practice.night(claims(BILL), payment(PAID, "T1", cash="88"))
    lost = BACK.replace("CLP*A1*", "CLP*ZZ9*").replace("ICN1", "ICNX").replace("-88", cash)
    lost = lost.replace("CO*45*-40", f"CO*45*{-128 - int(cash)}")
    practice.night(payment(lost + announced(-int(cash)), "T2", "20250410"))
    assert money(practice) == ["REVERSAL_ORPHAN"]
    (orphan,) = practice.rows(sa.select(E.c.exception_id).where(E.c.type_code == "REVERSAL_ORPHAN"))
    match_by_hand(practice.ctx, orphan[0], "A1")
    practice.reconcile()
    assert money(practice) == named
    assert practice.balances(account="1100") == {"1100": 15000}
    assert practice.balances(account="2200") == ({} if not named else {"2200": -800})
    check(practice)


@pytest.mark.long
def test_reversals_that_fit_nothing_need_no_rounds(practice, monkeypatch):
    from claims.ledger import post

    rounds = []
    of_round = post.reverse
    monkeypatch.setattr(post, "reverse", lambda *given: rounds.append(len(given[0])) or of_round(*given))
    rows = "\n".join(f"CLP*UNKNOWN*22*-100*-1**12*V{one}~\nCAS*CO*45*-99~" for one in range(20))
    practice.night(payment(rows + announced(20), "T1", "20250410"))
    assert [one for one in rounds if one] == [20, 20]  # when it posts, and when what waits is tried once more
    assert money(practice) == ["REVERSAL_ORPHAN"] * 20


def many(sign, seed, parts=8):
    """Parts of one claim with the same charge, which reversals name by number, cash and line as it comes."""
    dice = random.Random(seed)
    rows = []
    for number in range(parts):
        cents, icn = dice.choice([500, 500, 600]), dice.choice(["ICN1", "ICN2", f"ICN{number}"])
        line = dice.choice([number, number, dice.randrange(parts)]) if sign < 0 else number
        paid, off = (f"{sign * one / 100:g}" for one in (cents, 1000 - cents))
        rows.append(
            f"CLP*A1*{1 if sign > 0 else 22}*{sign * 10}*{paid}**12*{icn}~\nSVC*HC:99213*{sign * 10}*{paid}**1~\n"
            f"CAS*CO*45*{off}~\nREF*6R*LINE{line:02d}~"
        )
    return "\n".join(rows), sum(int(float(row.split("*")[4]) * 100) for row in rows)


def told(proposal):
    """What a proposal says, whatever the order of its frames."""
    parts = (proposal.lines, proposal.postings, proposal.exceptions)
    frames = [pd.concat(part, ignore_index=True).fillna("") for part in parts]
    return [sorted(map(str, frame[sorted(frame.columns)].itertuples(index=False, name=None))) for frame in frames]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_many_reversals_of_one_claim_take_one_round_and_the_same_decisions_as_one_by_one(practice, monkeypatch, seed):
    numbers = iter(range(8))
    bill = claims(Bill("A1", [("99213", "10")] * 8, line_control="LINE")).decode()
    bill = re.sub(r"REF\*6R\*[^~]*~", lambda _: f"REF*6R*LINE{next(numbers):02d}~", bill).encode()
    (first, cents), (back, taken) = many(1, seed), many(-1, seed + 100)
    practice.night(bill, payment(first, "T1", cash=f"{cents / 100:g}"))
    batches, rounds = [], []
    monkeypatch.setattr("claims.service.posting.post.propose", lambda batch: batches.append(batch) or propose(batch))
    practice.night(payment(back + announced(-taken // 100), "T2", "20250410"))
    batch = next(one for one in batches if len(one.claim_payments) == 8)
    monkeypatch.setattr(post, "reverse", lambda rows, *others: rounds.append(len(rows)) or reverse(rows, *others))
    at_once = propose(batch)
    assert max(rounds) > 1 and len(rounds) == 1
    monkeypatch.setattr(post, "_rounds", lambda rows: rows.groupby(post._round_key(rows)).cumcount())
    assert told(at_once) == told(propose(batch))
    assert len(rounds) > 3
    check(practice)


def stranger(status, icn, member):
    sign = "-" if status == 22 else ""
    return (
        f"CLP*NONE*{status}*{sign}150*{sign}88**12*{icn}~\nNM1*QC*1*DOE*JO****MI*{member}~\n"
        f"SVC*HC:99213*{sign}150*{sign}88**1~\nCAS*CO*45*{sign}62~"
    )


def superseded(practice):
    P, CP = schema.claim_postings, schema.claim_payments
    select = sa.select(CP.c.payer_claim_number).join(P, P.c.claim_payment_id == CP.c.claim_payment_id)
    return sorted(one for (one,) in practice.rows(select.where(P.c.is_superseded == 1, P.c.ended_at.is_(None))))


@pytest.mark.long
def test_a_reversal_under_a_number_of_nobody_takes_back_only_what_it_names(practice):
    paid = [stranger(1, "X1", "W1"), stranger(1, "X2", "W2"), stranger(1, "X3", "W3"), stranger(1, "", "W4")]
    practice.night(payment("\n".join(paid), "T1", cash="352"))
    # X2 of its own member; X9 of nobody; X3 of another member than was paid; one without the payer's number.
    back = [stranger(22, *one) for one in (("X2", "W2"), ("X9", "W1"), ("X3", "W5"), ("", "W4"))]
    practice.night(payment("\n".join(back) + announced(352), "T2", "20250410"))
    assert superseded(practice) == ["", "X2"]
    assert money(practice) == ["REVERSAL_ORPHAN"] * 2 + ["UNMATCHED_CLAIM"] * 2
    check(practice)


@pytest.mark.long
def test_a_reversal_that_is_sent_again_takes_back_no_other_decision(practice):
    again = PAID.replace("ICN1", "ICN2")
    practice.night(claims(BILL), payment(PAID, "T1", cash="88"))
    practice.night(payment(BACK + "\n" + again, "T2", "20250410"))
    assert (superseded(practice), money(practice)) == (["ICN1"], [])
    practice.night(payment(BACK + announced(88), "T3", "20250420"))
    assert (superseded(practice), money(practice)) == (["ICN1"], ["REVERSAL_ORPHAN"])
    assert practice.balances(account="2200") == {"2200": 8800}
    # One that names a number of its own takes the claim's decision back by its cash, and is told.
    practice.night(payment(BACK.replace("ICN1", "ICN3") + announced(88, "ICN3"), "T4", "20250430"))
    assert superseded(practice) == ["ICN1", "ICN2"]
    assert money(practice) == ["REVERSAL_MISMATCH", "REVERSAL_ORPHAN"]
    told = practice.rows(sa.select(E.c.amount_cents, E.c.message).where(E.c.type_code == "REVERSAL_MISMATCH"))
    assert [(cents, "payer's claim number" in message) for cents, message in told] == [(8800, True)]
    check(practice)


@pytest.mark.long
def test_nothing_paid_is_no_cash_to_know_a_decision_by(practice):
    denied = "CLP*A1*1*150*0**12*ICN1~\nSVC*HC:99213*150*0**1~\nCAS*CO*197*150~"
    back = "CLP*A1*22*-150*0**12*{}~\nSVC*HC:99213*-150*0**1~\nCAS*CO*197*-150~"
    practice.night(claims(BILL), payment(denied, "T1"))
    practice.night(payment(back.format("ICN7"), "T2", "20250410"))
    assert (superseded(practice), money(practice)) == ([], ["REVERSAL_ORPHAN"])
    practice.night(payment(back.format("ICN1"), "T3", "20250411"))
    assert superseded(practice) == ["ICN1"]
    check(practice)


@pytest.mark.long
def test_a_reversal_under_a_number_of_its_own_says_whose_it_is_by_its_reference(practice):
    """REF*F8: the payer's number of what is taken back; there is no cash to know a denial by."""
    denied = "CLP*A1*1*150*0**12*ICN1~\nSVC*HC:99213*150*0**1~\nCAS*CO*197*150~"
    back = "CLP*{}*22*-150*{}**12*{}~\nREF*F8*{}~\nSVC*HC:99213*-150*{}**1~\n{}"
    other = Bill("A2", [("99213", "150")], member="W2")
    practice.night(
        claims(BILL, other), payment(denied + "\n" + PAID.replace("A1", "A2").replace("ICN1", "ICN2"), "T1", cash="88")
    )
    taken = [
        back.format("A1", "0", "ICN1R", "ICN1", "0", "CAS*CO*197*-150~"),
        # Our number is not ours either: only the reference leads to the claim, and the patient is its own.
        back.format("ZZ", "-88", "ICN2R", "ICN2", "-88", "CAS*CO*45*-40~\nCAS*PR*2*-22~").replace(
            "REF*F8", "NM1*QC*1*TEST*PERSON****MI*W2~\nREF*F8"
        ),
    ]
    practice.night(payment("\n".join(taken) + announced(88, "ICN2"), "T2", "20250410"))
    assert (superseded(practice), money(practice)) == (["ICN1", "ICN2"], [])
    P, M, CP = schema.claim_postings, schema.matches, schema.claim_payments
    rows = sa.select(CP.c.original_reference, M.c.rule, P.c.known_by).join(
        P, P.c.claim_payment_id == CP.c.claim_payment_id
    )
    rows = rows.join(M, sa.and_(M.c.claim_payment_id == CP.c.claim_payment_id, M.c.ended_at.is_(None)))
    assert sorted(practice.rows(rows.where(P.c.outcome == "reversal", P.c.ended_at.is_(None)))) == [
        ("ICN1", "claim-number", "original-reference"),
        ("ICN2", "original-reference", "original-reference"),
    ]
    check(practice)


@pytest.mark.long
@pytest.mark.parametrize("patient", ["", "NM1*QC*1*TEST*PERSON****MI*W9~\n"])
def test_a_reference_alone_takes_nothing_back_where_the_patient_is_not_the_same(practice, patient):
    """Neither our number nor the payer's own is known, and no member, or another: it waits, and is named."""
    back = "CLP*ZZ*22*-150*-88**12*ICN1R~\n" + patient + "REF*F8*ICN1~\nSVC*HC:99213*-150*-88**1~\nCAS*CO*45*-62~"
    practice.night(claims(BILL), payment(PAID, "T1", cash="88"))
    practice.night(payment(back + announced(88), "T2", "20250410"))
    assert (superseded(practice), money(practice)) == ([], ["REVERSAL_ORPHAN"])
    assert practice.balances(account="2200") == {"2200": 8800}
    check(practice)


@pytest.mark.long
@pytest.mark.parametrize(("original", "named"), [("ICN2", ["REVERSAL_MISMATCH"]), ("ICN9", ["REVERSAL_MISMATCH"]),
                                                 ("ICN1", [])])  # fmt: skip
def test_a_reference_to_something_else_than_the_payers_own_number_is_named(practice, original, named):
    other = Bill("A2", [("99213", "150")], member="W2")
    both = PAID + "\n" + PAID.replace("A1", "A2").replace("ICN1", "ICN2")
    practice.night(claims(BILL, other), payment(both, "T1", cash="176"))
    quoted = BACK.replace("SVC", f"REF*F8*{original}~\nSVC", 1)
    practice.night(payment(quoted + announced(88), "T2", "20250410"))
    assert (superseded(practice), money(practice)) == (["ICN1"], named)
    if named:
        cents, message = practice.rows(sa.select(E.c.amount_cents, E.c.message).where(E.c.type_code == named[0]))[0]
        assert (cents, "REF*F8" in message) == (8800, True)
    check(practice)


def test_pairs_under_a_number_of_nobody_grow_with_the_reversals_alone():
    many_rows = pd.DataFrame({"claim_payment_id": range(1, 501)}).assign(
        family_id=0, payer_code="P1", payee_identifier="NPI", claim_number_normal="NONE", member_id="", paid_cents=8800
    )
    numbers = "X" + many_rows["claim_payment_id"].astype("str")
    decided = many_rows.assign(payer_claim_number=numbers, original_reference="", charge_cents=15000)
    rows = decided.assign(
        claim_payment_id=decided["claim_payment_id"] + 1000, charge_cents=-15000, paid_cents=-8800, is_by_hand=False
    )
    pairs = reversal_pairs._candidates(rows, decided)
    assert (pairs["claim_payment_id"] - 1000).tolist() == pairs["claim_payment_id_first"].tolist()
    assert len(pairs) == 500


def decision(number, day, cents, reason="45", **more):
    """A decision on one claim, under one number of the payer, and its adjustment; below zero takes it back."""
    charge = -15000 if more.get("back") else 15000
    row = {
        **{"claim_payment_id": number, "remit_id": number, "family_id": 1, "payer_sequence": "P", "ordinal": 1},
        **{"posting_order": f"{day}|key{number}", "payer_code": "P1", "payee_identifier": "NPI", "member_id": ""},
        **{"claim_number_normal": "A1", "payer_claim_number": "ICN1", "original_reference": "", "status_code": "1"},
        **{"charge_cents": charge, "paid_cents": cents, "is_by_hand": more.get("by_hand", False), "outcome": "posted"},
        **{"is_released": 0, "place": -number, "took_back": more.get("took_back", 0)},
    }
    cas = {"claim_payment_id": number, "group_code": "CO", "reason_code": reason, "amount_cents": charge - cents}
    return row, cas


FIRST, SAME_DAY = "20250310", "20250312"
PAY, NEW = decision(1, FIRST, 8800), decision(2, SAME_DAY, 10000)
DENY, DENY_AGAIN = decision(1, FIRST, 0, "197"), decision(2, SAME_DAY, 0, "50")


@pytest.mark.parametrize(
    ("back", "decisions", "taken"),
    [
        ({"cents": -8800}, [PAY, NEW], (1, "number-and-amounts")),
        ({"cents": -8800}, [NEW], None),  # of the same day, and another amount: it may have come after the reversal
        ({"cents": -8800, "by_hand": True}, [NEW], (2, "payer-claim-number")),
        ({"cents": -8800, "took_back": 2}, [NEW], (2, "payer-claim-number")),  # posted once more
        ({"cents": -8800}, [decision(2, "20250311", 10000)], (2, "payer-claim-number")),  # told, as ever
        ({"cents": 0, "reason": "197"}, [DENY, DENY_AGAIN], (1, "number-and-amounts")),
        ({"cents": 0, "reason": "197"}, [DENY_AGAIN], None),
        # A correction beside the reversal: what came after it would have one of its own.
        ({"cents": -8800, "corrects": True}, [NEW], (2, "payer-claim-number")),
        ({"cents": 0, "reason": "197", "corrects": True}, [DENY_AGAIN], (2, "payer-claim-number")),
        ({"cents": -8800, "reason": "42"}, [PAY], (1, "payer-claim-number")),
        ({"cents": -8800}, [PAY, decision(2, "20250311", 8800)], (2, "payer-claim-number")),  # both: the newest
        ({"cents": -8800}, [PAY, decision(2, "20250311", 8800, "59")], (1, "number-and-amounts")),
    ],
)
def test_of_decisions_under_one_number_a_reversal_takes_back_the_one_that_it_mirrors(back, decisions, taken):
    row, cas = decision(3, SAME_DAY, **back, back=True)
    lines = pd.DataFrame({"claim_payment_id": [], "procedure_code": [], "charge_cents": [], "line_number": []})
    batch = SimpleNamespace(
        service_payments=lines.astype({"procedure_code": "str", "claim_payment_id": "int64"}),
        adjustments=pd.DataFrame([cas, *(one for _, one in decisions)]),
        corrections=pd.DataFrame({"remit_id": [3], "family_id": [1], "payer_sequence": ["P"]}).iloc[
            : 1 if back.get("corrects") else 0
        ],
    )
    decided = pd.DataFrame([one for one, _ in decisions]).sort_values("place", ignore_index=True)
    best = reversal_pairs.originals(pd.DataFrame([row]), decided, batch)
    assert list(zip(best["claim_payment_id_first"], best["known_by"], strict=True)) == ([taken] if taken else [])
