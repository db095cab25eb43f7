"""A decided claim goes on to its next payer: what the 837 then says, and which claims cannot go."""

from __future__ import annotations

import pandas as pd
import pytest

from claims import x12
from claims.charges.build.next_payer import Decided, Frames, NextClaims, next_claims
from claims.money import amount
from claims.x12.write import write

HEAD = (
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260901*0000*^*00501*000000007*0*P*:~"
    "GS*HC*SND*RCV*20260901*0000*8*X*005010X222A1~ST*837*0001*005010X222A1~BHT*0019*00*B1*20260901*1200*CH~"
    "NM1*41*2*MADE UP PRACTICE*****46*SND~PER*IC*DESK*TE*8005550100~NM1*40*2*PRETEND HOUSE*****46*RCV~"
    "HL*1**20*1~NM1*85*2*MADE UP PRACTICE*****XX*1999999018~N3*100 INVENTED WAY~N4*NOWHERE*OH*459990100~"
    "REF*EI*900000099~HL*2*1*22*0~SBR*P*18*******12~NM1*IL*1*TEACUP*PIP****MI*W1~N3*2 WAY~N4*NOWHERE*OH*45999~"
    "DMG*D8*19800101*F~NM1*PR*2*FABLEWOOD PLAN*****PI*FABLE~"
)
OTHER = "SBR*{0}*18*******HM~OI***Y***Y~NM1*IL*1*TEACUP*PIP****MI*{1}9~NM1*PR*2*{1} PLAN*****PI*{1}~REF*G1*AU{1}~"
LINES = (
    "LX*1~SV1*HC:99214:25*150*UN*1***1~DTP*472*D8*20260820~REF*6R*A1L1~"
    "LX*2~SV1*HC:36415*50*UN*1***1~DTP*472*D8*20260820~REF*6R*A1L2~"
)
WIDE = {
    "subscriber_address": "2 WAY",
    "subscriber_city": "NOWHERE",
    "subscriber_state": "OH",
    "subscriber_zip": "45999",
}
BILLING = {
    "billing_address": "100 INVENTED WAY",
    "billing_city": "NOWHERE",
    "billing_state": "OH",
    "billing_zip": "459990100",
}


def content(others: tuple[str, ...] = ("S", "T"), lines: str = LINES, claim: str = "") -> Frames:
    """Frames of a claim over 200.00 in two lines, whose other payers are DRAGN and MOONB."""
    names = {"P": "FABLE", "S": "DRAGN", "T": "MOONB"}
    body = "CLM*A1*200***11:B:1*Y*A*Y*Y~REF*G1*AU1~" + claim + "HI*ABK:E119*ABF:I10~"
    body += "".join(OTHER.format(one, names[one]) for one in others) + lines
    count = (HEAD + body).count("~") - 1
    frames = dict(x12.read((HEAD + body + f"SE*{count}*0001~GE*1*8~IEA*1*000000007~").encode()).frames)
    wide = {name.replace("subscriber_", "patient_"): value for name, value in WIDE.items()} | WIDE | BILLING
    frames["claims"] = frames["claims"].assign(
        **wide, subscriber_birth_date=19800101, subscriber_gender="F", patient_gender="F", relationship_code="18"
    )
    payers = frames["other_payers"]
    frames["other_payers"] = payers.assign(member_id=payers["payer_code"] + "9", relationship_code="18")
    frames["transactions"] = frames["transactions"].assign(
        batch_reference="B1", batch_date=20260901, batch_time="1200", submitter_name="MADE UP PRACTICE",
        submitter_id="SND", submitter_contact="DESK", submitter_phone="8005550100",
        receiver_name="PRETEND HOUSE", receiver_id="RCV",
    )  # fmt: skip
    return frames


def decision(
    frames: Frames,
    paid: list[int] | int,
    adjustments: list[tuple[int, str, str, int]],
    claim_paid: int | None = None,
) -> Decided:
    """`paid` cents by line, or of the claim alone; adjustments as (line from 1 or 0, group, reason, cents)."""
    claim, lines = int(frames["claims"]["seg"].iloc[0]), frames["service_lines"]["seg"].tolist()
    by_line = paid if isinstance(paid, list) else []
    total = sum(by_line) if isinstance(paid, list) else paid
    own = frames["service_lines"].iloc[: len(by_line)]
    return Decided(
        pd.DataFrame(
            {
                "claim_seg": [claim],
                "paid_cents": [total if claim_paid is None else claim_paid],
                "paid_date": [20260915],
                "payer_claim_number": ["ICN1"],
                "remark_codes": ["MA01"],
            }
        ),
        own[["claim_seg", "procedure_qualifier", "procedure_code", "modifiers", "revenue_code"]].assign(
            service_seg=own["seg"],
            paid_cents=by_line,
            paid_units_milli=1000,
            paid_date=20260915,
            bundled_line_number="",
        ),
        pd.DataFrame(
            [
                (claim, lines[line - 1] if line else 0, group, reason, cents, pd.NA)
                for line, group, reason, cents in adjustments
            ],
            columns=["claim_seg", "service_seg", "group_code", "reason_code", "amount_cents", "quantity_milli"],
        ).astype({"quantity_milli": "Int64", "group_code": "str", "reason_code": "str"}),
    )


WORKED = [(1, "CO", "45", 4000), (1, "PR", "2", 2200), (2, "CO", "45", 5000)]


def text_of(result: NextClaims) -> str:
    """Write the claims and check the bytes: nothing above a note may be found."""
    data = write({name: frame for name, frame in result.frames.items() if name != "raw_segments"})
    found = x12.check(data).findings
    assert found[found["severity"] != "note"].empty, found[["code", "seg", "element", "message"]].to_string()
    assert not found["code"].str.startswith("cob-").any()
    return data.decode().replace("\n", "")


def test_the_worked_example_says_what_the_first_payer_paid_and_why_not_the_rest():
    frames = content()
    text = text_of(next_claims(frames, decision(frames, [8800, 0], WORKED)))
    assert "SBR*S*18*******HM~" in text and "NM1*PR*2*DRAGN PLAN*****PI*DRAGN~" in text
    assert "CLM*A1*200*" in text and "11:B:1" in text
    assert "SBR*P*18*******12~AMT*D*88~OI***Y***Y~MOA***MA01~" in text
    assert "NM1*PR*2*FABLEWOOD PLAN*****PI*FABLE~REF*F8*ICN1~" in text  # no DTP*573 there: the lines tell the day
    assert "SVD*FABLE*88*HC:99214:25**1~CAS*CO*45*40~CAS*PR*2*22~DTP*573*D8*20260915~AMT*EAF*22~" in text
    assert "SVD*FABLE*0*HC:36415**1~CAS*CO*45*50~DTP*573*D8*20260915~" in text
    assert "REF*G1*AU1~" not in text  # the first payer's authorization is not the second's


def test_authorizations_and_referrals_of_the_first_payer_are_not_given_to_the_next():
    lines = LINES.replace("REF*6R*A1L1~", "REF*G1*AUL1~REF*9F*RFL1~REF*6R*A1L1~").replace(
        "REF*6R*A1L2~", "REF*6R*A1L2~REF*G1*AUL2*2U:FABLE~"
    )
    frames = content(lines=lines, claim="REF*9F*RF1~")
    assert set(frames["references"]["qualifier_code"]) >= {"9F", "G1"}
    text = text_of(next_claims(frames, decision(frames, [8800, 0], WORKED)))
    assert "REF*9F" not in text
    assert [part for part in text.split("~") if part.startswith("REF*G1")] == ["REF*G1*AUMOONB"]  # of another payer
    assert "REF*6R*A1L1~" in text


def test_the_next_payer_is_no_other_payer_of_its_own_claim():
    frames = content()
    text = text_of(next_claims(frames, decision(frames, [8800, 0], WORKED)))
    assert text.count("DRAGN PLAN") == 1 and "AUDRAGN" not in text
    assert text.count("MOONB PLAN") == 1 and "AUMOONB" in text


def test_a_decision_on_the_claim_alone_is_told_there_with_its_day():
    frames = content()
    text = text_of(next_claims(frames, decision(frames, 12000, [(0, "CO", "45", 6000), (0, "PR", "1", 2000)])))
    assert "SBR*P*18*******12~CAS*CO*45*60~CAS*PR*1*20~AMT*D*120~AMT*EAF*20~" in text
    assert "DTP*573*D8*20260915~REF*F8*ICN1~" in text and "SVD*" not in text


def test_a_third_payer_is_told_what_both_earlier_ones_decided():
    frames = content()
    second = next_claims(frames, decision(frames, [8800, 0], WORKED))
    again = dict(second.frames)
    left = [(1, "OA", "23", 12800), (1, "PR", "3", 200), (2, "OA", "23", 5000)]
    third = next_claims(again, decision(again, [2000, 0], left))
    text = text_of(third)
    assert "SBR*T*18*******HM~" in text.split("CLM*")[0] and "MOONB PLAN" in text.split("CLM*")[0]
    assert "SVD*FABLE*88*" in text and "CAS*CO*45*40~CAS*PR*2*22~" in text
    assert "SVD*DRAGN*20*" in text and "CAS*OA*23*128~CAS*PR*3*2~" in text
    assert text.count("AMT*D*") == 2


@pytest.mark.parametrize(
    ("others", "paid", "adjustments", "claim_paid", "reason"),
    [
        ((), [8800, 0], WORKED, None, "no-next-payer"),
        (("S",), [8800], WORKED[:2], None, "line-not-decided"),
        (("S",), [8800, 0], WORKED[:2], None, "line-out-of-balance"),
        (("S",), [8801, 0], WORKED, None, "line-out-of-balance"),
        (("S",), 12000, [(0, "CO", "45", 6000)], None, "claim-out-of-balance"),
        (("S",), [8800, 0], WORKED, 8700, "claim-out-of-balance"),
        (("S",), [8800, 0], [*WORKED, (0, "OA", "94", -100)], 8900, ""),
        (("S",), [8800, 0], [*WORKED, (0, "OA", "94", -100), (0, "CO", "253", 100)], 8900, "claim-out-of-balance"),
    ],
)
def test_what_does_not_balance_does_not_go_on(others, paid, adjustments, claim_paid, reason):
    frames = content(others)
    result = next_claims(frames, decision(frames, paid, adjustments, claim_paid))
    assert result.refused["reason"].tolist() == ([reason] if reason else [])
    assert len(result.frames["claims"]) == (0 if reason else 1)
    if not reason:
        text_of(result)


def test_equal_reasons_are_added_up_and_what_does_not_fit_is_added_up_by_group():
    frames = content()
    many = [(1, group, str(reason), 100) for group in ("CO", "PI", "OA") for reason in range(100, 114)]
    rest = 15000 - 4200 - 1000
    result = next_claims(
        frames,
        decision(frames, [1000, 0], [*many, (1, "PR", "2", rest - 100), (1, "PR", "2", 100), (2, "CO", "45", 5000)]),
    )
    text = text_of(result)
    assert "CAS*CO*100*14~CAS*PI*100*14~CAS*OA*100*14~" in text
    assert f"CAS*PR*2*{amount(rest).removesuffix('.00')}~" in text


def test_a_dependent_of_the_next_payers_subscriber_gets_a_level_of_its_own():
    frames = content()
    payers = frames["other_payers"]
    frames["other_payers"] = payers.assign(
        relationship_code=["01", "18"], subscriber_last_name=["SPOUSE", ""], subscriber_first_name=["JO", ""],
        subscriber_birth_date=[19790203, 0], subscriber_gender=["M", ""], member_id=["D77", "M88"],
        **{name: [value, ""] for name, value in WIDE.items()},
    )  # fmt: skip
    text = text_of(next_claims(frames, decision(frames, [8800, 0], WORKED)))
    assert "NM1*IL*1*SPOUSE*JO****MI*D77~" in text and "PAT*01~NM1*QC*1*TEACUP*PIP~" in text
