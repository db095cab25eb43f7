"""Frames to bytes: what is written is conformant for pyx12, reads back as the same facts, and never bends data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from claims.errors import FrameError, UsageError
from claims.x12.write import DelimiterInDataError, Delimiters, UnsupportedSetError, write
from claims.x12.write_columns import Columns, amounts
from claims.x12.write_text import plain_ascii
from tests.x12.reference_validator import reference_errors
from tests.x12.written import CHILD, OTHER, claims, enveloped, read_back, remittance, rows, segments


def test_remittance_is_written_segment_by_segment():
    assert write(remittance()).decode().replace("~\n", "~").split("~")[2:-3] == [
        "ST*835*0001",
        "BPR*I*123*C*ACH*CCP*01*123456780*DA*77*1900000011**01*987654320*DA*55*20260910",
        "TRN*1*EFT1*1900000011",
        "DTM*405*20260909",
        "N1*PR*FABLEWOOD PLAN",
        "N3*1 STORYBOOK LANE",
        "N4*NOWHERE*OH*45999",
        "PER*BL*DESK*TE*8005550111",
        "N1*PE*MADE UP PRACTICE*XX*1999999018",
        "REF*TJ*900000099",
        "LX*1",
        "CLP*A1*1*200*128*32*12*ICN1*11*1",
        "NM1*QC*1*TEACUP*PIP****MI*W1",
        "MOA***MA01",
        "DTM*232*20260801",
        "DTM*050*20260803",
        "SVC*HC:99213:25*120*80**1",
        "DTM*472*20260801",
        "CAS*CO*45*20",
        "CAS*PR*2*19.5**3*.5".replace("*.5", "*0.5"),
        "REF*6R*A1L1",
        "SVC*HC:85025*80*48**1",
        "DTM*472*20260801",
        "CAS*CO*45*20",
        "CAS*PR*2*12",
        "REF*6R*A1L2",
        "LQ*HE*N381",
        "PLB*1999999018*20261231*WO:ICN0*5",
        "SE*29*0001",
    ]


def test_pyx12_accepts_remittance_and_claims():
    assert reference_errors(write(remittance())) == []
    assert reference_errors(write(claims({}, CHILD, {}, {"payer_code": "DRAGN", "member_id": "W2"}))) == []


def test_pyx12_is_not_deaf():
    """The reference must be able to say no."""
    assert reference_errors(write(remittance(payer_state="OHIO")))


def test_hierarchy_numbers_parents_and_children():
    other_office = {"billing_npi": "1999999026", "rendering_npi": ""}
    data = write(claims({}, CHILD, other_office, {}, {"member_id": "W2"}))
    assert segments(data, "HL", "SBR", "PAT", "CLM") == [
        "HL*1**20*1",
        "HL*2*1*22*0",
        "SBR*P*18*******12",
        "CLM*A1*200***11:B:1*Y*A*Y*Y",
        "CLM*A4*200***11:B:1*Y*A*Y*Y",
        "HL*3*1*22*1",
        "SBR*P********12",
        "HL*4*3*23*0",
        "PAT*19",
        "CLM*A2*200***11:B:1*Y*A*Y*Y",
        "HL*5*1*22*0",
        "SBR*P*18*******12",
        "CLM*A5*200***11:B:1*Y*A*Y*Y",
        "HL*6**20*1",
        "HL*7*6*22*0",
        "SBR*P*18*******12",
        "CLM*A3*200***11:B:1*Y*A*Y*Y",
    ]


@pytest.mark.parametrize("change", [{}, CHILD], ids=["subscriber", "dependent"])
def test_no_more_than_a_hundred_claims_stand_under_one_loop(change):
    data = write(claims(*[change] * 205))
    last = "22" if not change else "23"
    loops = [line for line in segments(data, "HL") if line.split("*")[3] == last]
    counts = np.diff([*[at for at, line in enumerate(segments(data, "HL", "CLM")) if line in loops], 10**6])
    assert len(loops) == 3
    assert max(counts[:-1]) <= 102
    assert reference_errors(data) == []


def test_a_seventh_adjustment_of_a_group_opens_another_segment():
    frames = remittance()
    seven = [{"service_seg": 6, "group_code": "CO", "reason_code": str(r), "amount_cents": 100} for r in range(50, 57)]
    frames["adjustments"] = rows(*seven, claim_seg=5)
    assert segments(write(frames), "CAS") == [
        "CAS*CO*50*1**51*1**52*1**53*1**54*1**55*1",
        "CAS*CO*56*1",
    ]


def test_quantities_of_adjustments_keep_their_place():
    frames = remittance()
    frames["adjustments"] = rows(
        {"reason_code": "50", "quantity_milli": 1500},
        {"reason_code": "51", "quantity_milli": None},
        {"reason_code": "52", "quantity_milli": 2000},
        {"reason_code": "53", "quantity_milli": None},
        claim_seg=5,
        service_seg=6,
        group_code="CO",
        amount_cents=100,
    ).astype({"quantity_milli": "Int64"})
    assert segments(write(frames), "CAS") == ["CAS*CO*50*1*1.5*51*1**52*1*2*53*1"]


def test_claim_level_adjustments_stand_before_the_name():
    frames = remittance()
    frames["adjustments"].loc[:, "service_seg"] = 0
    kinds = [line.split("*")[0] for line in segments(write(frames), "CLP", "CAS", "NM1")]
    assert kinds == ["CLP", "CAS", "CAS", "NM1"]


def test_provider_adjustments_go_six_to_a_segment_after_all_claims():
    frames = remittance()
    pair = {"transaction_seg": 3, "provider_identifier": "1999999018", "fiscal_period_date": 20261231}
    frames["provider_adjustments"] = rows(
        *({"seg": n, "reason_code": "WO", "reference": f"R{n}", "amount_cents": -100 * n} for n in range(1, 8)), **pair
    )
    assert segments(write(frames), "PLB", "LQ") == [
        "LQ*HE*N381",
        "PLB*1999999018*20261231*WO:R1*-1*WO:R2*-2*WO:R3*-3*WO:R4*-4*WO:R5*-5*WO:R6*-6",
        "PLB*1999999018*20261231*WO:R7*-7",
    ]


def test_delimiters_of_the_caller_are_used_and_read_back(tmp_path):
    data = write(remittance(), delimiters=OTHER)
    assert data.startswith(b"ISA|00|")
    assert b"SVC|HC>99213>25|120|80||1!" in data
    file = read_back(data, tmp_path)
    assert file.findings.empty
    plain = read_back(write(remittance()), tmp_path)
    assert file.frames["transactions"]["body_hash"].tolist() == plain.frames["transactions"]["body_hash"].tolist()


def test_delimiters_of_the_interchange_are_used():
    frames = remittance()
    frames["interchanges"] = frames["interchanges"].assign(
        element_separator="|", component_separator=">", repetition_separator="^", terminator="\n"
    )
    assert write(frames).splitlines()[-1] == b"IEA|1|000000007"


@pytest.mark.parametrize(
    ("frame", "column", "place"),
    [("claim_payments", "member_id", ("NM1", 9)), ("service_payments", "line_control_number", ("REF", 2))],
)
@pytest.mark.parametrize("delimiter", ["*", ":", "~", "^"])
def test_an_identifier_with_a_delimiter_is_refused(frame, column, place, delimiter):
    frames = remittance()
    frames[frame] = frames[frame].assign(**{column: f"SECRET{delimiter}1"})
    with pytest.raises(DelimiterInDataError) as refused:
        write(frames)
    assert (refused.value.segment_id, refused.value.element) == place
    assert "SECRET" not in str(refused.value)
    written = write(frames, delimiters=Delimiters("|", ">", "!", "'", ""))
    assert f"SECRET{delimiter}1".encode() in written


def test_a_sender_with_a_delimiter_is_refused():
    frames = remittance()
    frames["interchanges"]["sender_id"] = "SEND*R"
    with pytest.raises(DelimiterInDataError, match="ISA06"):
        write(frames)


def test_delimiters_in_names_become_blanks():
    frames = remittance()
    frames["claim_payments"]["patient_last_name"] = "Tea*cup ~ : the^third"
    assert segments(write(frames), "NM1") == ["NM1*QC*1*TEA CUP THE THIRD*PIP****MI*W1"]


def test_names_are_transliterated_and_control_characters_dropped():
    frames = remittance()
    frames["claim_payments"]["patient_last_name"] = "Ørsted-Müßig\n O\u2019Ñandú \u4e2d"
    assert segments(write(frames), "NM1") == ["NM1*QC*1*ORSTED-MUSSIG  O'NANDU*PIP****MI*W1"]
    assert plain_ascii("Çelik Łódź Þór Straße \u201cx\u201d \u2013 \u2026") == 'Celik Lodz THor Strasse "x" - ...'


def test_case_may_be_kept():
    assert segments(write(remittance(), upper=False), "NM1") == ["NM1*QC*1*Teacup*Pip****MI*W1"]


def test_amounts_have_no_needless_zeros():
    assert amounts(np.array([0, 5, 50, 100, 12050, -20000, -1])).to_pylist() == [
        *("0", "0.05", "0.5", "1", "120.5", "-200", "-0.01")
    ]


def test_floats_are_refused():
    frames = remittance()
    frames["claim_payments"]["paid_cents"] = frames["claim_payments"]["paid_cents"].astype("float64")
    with pytest.raises(FrameError, match="paid_cents"):
        write(frames)


def test_a_missing_frame_and_an_unknown_set_are_named():
    frames = remittance()
    with pytest.raises(FrameError, match="remittances"):
        write({name: frame for name, frame in frames.items() if name != "remittances"})
    frames["transactions"]["set_code"] = "834"
    with pytest.raises(UnsupportedSetError, match="834"):
        write(frames)


@pytest.mark.parametrize(
    ("frame", "change"),
    [
        ("transactions", {"group_seg": 0}),
        ("transactions", {"group_seg": 99}),
        ("groups", {"interchange_seg": 99}),
        ("groups", None),
    ],
)
def test_what_would_be_lost_is_refused(frame, change):
    """A set in no group, a group in no interchange: nothing is left out silently."""
    frames = remittance()
    if change is None:
        del frames[frame]
    else:
        frames[frame] = frames[frame].assign(**change)
    with pytest.raises(FrameError, match="_seg"):
        write(frames)


@pytest.mark.parametrize(("frame", "column"), [("interchanges", "seg"), ("transactions", "set_code")])
def test_a_missing_column_is_named(frame, column):
    frames = remittance()
    frames[frame] = frames[frame].drop(columns=column)
    with pytest.raises(FrameError, match=column):
        write(frames)


def test_keys_may_have_become_floating_point_numbers():
    """As merging frames makes them; amounts may not."""
    frames = remittance()
    frames["service_payments"] = frames["service_payments"].astype({"claim_seg": "float64"})
    assert write(frames) == write(remittance())


@pytest.mark.parametrize("marks", ["**:~", "A:^~", " :^~", "*:^^", "é:^~"])
def test_delimiters_that_cannot_be_told_apart_are_refused(marks):
    with pytest.raises(UsageError):
        Delimiters(*marks.ljust(4, "~")[:4])


def test_control_numbers_and_counts_agree_in_every_layer():
    frames = remittance()
    frames["transactions"] = pd.concat([frames["transactions"]] * 2, ignore_index=True).assign(
        seg=[3, 33], control_number=""
    )
    frames["remittances"] = pd.concat([frames["remittances"]] * 2, ignore_index=True).assign(transaction_seg=[3, 33])
    ends = segments(write(frames), "ISA", "GS", "ST", "SE", "GE", "IEA")
    assert [line.split("*")[-2:] for line in ends[2:6]] == [
        ["835", "0001"],
        ["29", "0001"],
        ["835", "0002"],
        ["11", "0002"],
    ]
    assert ends[6:] == ["GE*2*8", "IEA*1*000000007"]


def test_two_interchanges_may_have_different_delimiters(tmp_path):
    one, two = remittance(), remittance()
    both = {name: pd.concat([one[name], two[name]], ignore_index=True) for name in one}
    for name, frame in both.items():
        keys = [column for column in frame if column == "seg" or column.endswith("_seg")]
        second = frame.index >= len(frame) // 2
        both[name] = frame.assign(
            **{key: frame[key].where(~second | (frame[key] == 0), frame[key] + 100) for key in keys}
        )
    both["interchanges"] = both["interchanges"].assign(
        control_number=["7", "8"],
        element_separator=["*", "|"],
        component_separator=[":", ">"],
        repetition_separator="^",
        terminator=["~", "'"],
    )
    file = read_back(write(both), tmp_path)
    assert file.findings.empty
    assert file.frames["transactions"]["body_hash"].nunique() == 1
    assert file.frames["transactions"]["payment_cents"].tolist() == [12300, 12300]


def test_acknowledgement_reads_back(tmp_path):
    frames = enveloped(
        "999",
        group_acknowledgements=rows(
            {"transaction_seg": 3, "seg": 4, "functional_code": "HC", "control_number": "8", "version": "005010X222A1"}
            | {"status_code": "P", "included": 2, "received": 2, "accepted": 1}
        ),
        set_acknowledgements=rows(
            {"seg": 5, "control_number": "0001", "status_code": "A", "error_codes": ""},
            {"seg": 6, "control_number": "0002", "status_code": "R", "error_codes": "5 I5"},
            group_seg=4,
            set_code="837",
            guide="005010X222A1",
        ),
        segment_errors=rows(
            {"set_seg": 6, "seg": 7, "segment_id": "NM1", "position": 12, "loop": "2010", "error_code": "8"}
        ),
        element_errors=rows(
            {
                "segment_seg": 7,
                "seg": 8,
                "element": 9,
                "component": 0,
                "repeat": 0,
                "data_element": "67",
                "error_code": "1",
            }
        ),
    )
    data = write(frames)
    assert segments(data, "AK1", "AK2", "IK3", "IK4", "IK5", "AK9") == [
        *("AK1*HC*8*005010X222A1", "AK2*837*0001*005010X222A1", "IK5*A", "AK2*837*0002*005010X222A1"),
        *("IK3*NM1*12*2010*8", "IK4*9*67*1", "IK5*R*5*I5", "AK9*P*2*2*1"),
    ]
    assert reference_errors(data) == []
    read = read_back(data, tmp_path).frames
    assert read["set_acknowledgements"]["status_code"].tolist() == ["A", "R"]
    assert read["group_acknowledgements"]["accepted"].tolist() == [1]


def test_other_payers_follow_the_claim():
    frames = claims({}, CHILD)
    frames["other_payers"] = rows(
        {"claim_seg": 10, "payer_sequence": "S", "filing_indicator_code": "HM", "payer_code": "DRAGN"}
        | {"payer_name": "Dragonfly Care", "paid_cents": 0}
    )
    data = write(frames)
    assert segments(data, "OI", "AMT")[1:3] == ["AMT*D*0", "OI***Y***Y"]
    assert reference_errors(data) == []


def test_rows_in_any_order_give_the_same_file():
    frames = claims({}, CHILD, {"member_id": "W2"})
    mixed = {name: frame.iloc[::-1].reset_index(drop=True) for name, frame in frames.items()}
    assert write(mixed) == write(frames)


def test_columns_of_the_database_dates_are_written_too():
    frame = rows({"day": "2026-09-01"}, {"day": ""})
    assert Columns("x", frame).date("day").to_pylist() == ["20260901", ""]


def test_adjustments_with_keys_of_their_own_still_share_a_segment():
    """A `seg` of each row orders them; it does not say that each stood in a CAS of its own."""
    frames = remittance()
    frames["adjustments"] = frames["adjustments"].assign(seg=range(50, 50 + len(frames["adjustments"])))
    assert write(frames) == write(remittance())
