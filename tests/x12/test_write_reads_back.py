"""Whatever an 835 or 837P may hold: written and read back it is what it was."""

from __future__ import annotations

from datetime import date

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.x12.write import Delimiters, write
from tests.x12.written import CHILD, OTHER, claims, read_back, remittance, rows

codes = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=1, max_size=12)
names = st.text("ABCDEFGHIJ -'.", max_size=12).map(lambda text: " ".join(text.split()))
money = st.integers(-(10**9), 10**9)
days = st.dates(date(1950, 1, 1), date(2049, 12, 31)).map(lambda day: int(day.strftime("%Y%m%d")))


@st.composite
def remittances(draw):
    """Frames of an 835 as the reader gives them: keys in document order, any amounts (they need not balance)."""
    frames = remittance()
    claim, line, adjustment = [], [], []
    seg = 10
    for _ in range(draw(st.integers(0, 4))):
        claim_seg = seg = seg + 1
        fields = {name: draw(codes) for name in ("claim_number", "payer_claim_number", "member_id")}
        people = {"patient_last_name": draw(names), "patient_first_name": draw(names)}
        amounts = {"charge_cents": draw(money), "paid_cents": draw(money)}
        claim.append(
            {"seg": seg, "status_code": draw(st.sampled_from(["1", "22", "4"])), **fields, **people, **amounts}
        )
        for _ in range(draw(st.integers(0, 3))):
            seg += 1
            line.append(
                {"seg": seg, "claim_seg": claim_seg, "procedure_code": draw(codes), "charge_cents": draw(money)}
                | {"modifiers": " ".join(draw(st.lists(st.sampled_from(["25", "59", "RT"]), max_size=4)))}
                | {
                    "paid_cents": draw(money),
                    "paid_units_milli": draw(st.integers(1, 10**6)),
                    "service_date": draw(days),
                }
                | {"line_control_number": draw(codes), "allowed_cents": draw(st.none() | money)}
            )
            line[-1]["service_to_date"] = line[-1]["service_date"]
            for group in draw(st.lists(st.sampled_from(["CO", "PR", "OA"]), unique=True)):
                for _ in range(draw(st.integers(1, 6))):
                    adjustment.append(
                        {"claim_seg": claim_seg, "service_seg": line[-1]["seg"], "group_code": group}
                        | {"reason_code": draw(codes), "amount_cents": draw(money)}
                        | {"quantity_milli": draw(st.none() | st.integers(1, 10**6))}
                    )
    frames["claim_payments"] = rows(*claim, transaction_seg=3, filing_indicator_code="12")
    frames["service_payments"] = rows(*line, procedure_qualifier="HC")
    frames["adjustments"] = rows(*adjustment)
    for name, column in (("service_payments", "allowed_cents"), ("adjustments", "quantity_milli")):
        if len(frames[name]):
            frames[name] = frames[name].astype({column: "Int64"})
    return frames | {"remarks": pd.DataFrame(), "provider_adjustments": pd.DataFrame()}


def same(written: pd.DataFrame, read: pd.DataFrame) -> None:
    """Compare the columns written, keys apart, in order."""
    columns = [name for name in written if name != "seg" and not name.endswith("_seg")]
    assert len(written) == len(read)
    for name in columns:
        left, right = written[name], read[name]
        assert [None if pd.isna(value) else value for value in left] == [
            None if pd.isna(value) else value for value in right
        ], name


@settings(max_examples=25, deadline=None)
@given(frames=remittances(), delimiters=st.sampled_from([Delimiters(), OTHER]))
def test_what_is_written_as_835_reads_back(frames, delimiters, tmp_path_factory):
    read = read_back(write(frames, delimiters=delimiters), tmp_path_factory.mktemp("835")).frames
    for name in ("claim_payments", "service_payments", "adjustments"):
        same(frames[name], read[name])
    for name in ("payment_cents", "payment_date", "trace_number", "payer_identifier", "payee_identifier"):
        assert frames["remittances"][name].tolist() == read["remittances"][name].tolist()


@st.composite
def claim_sets(draw):
    """Frames of an 837P: several patients, some dependents, several lines."""
    changes = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "member_id": st.sampled_from(["W1", "W2", "W3"]),
                    "billing_npi": st.sampled_from(["1999999018", "1999999034"]),
                    "payer_code": st.sampled_from(["FABLE", "DRAGN"]),
                    "diagnosis_codes": st.lists(st.sampled_from(["E119", "I10", "M545"]), min_size=1, max_size=12).map(
                        " ".join
                    ),
                    "prior_authorization": codes | st.just(""),
                    "charge_cents": st.integers(0, 10**9),
                }
            ).flatmap(lambda change: st.sampled_from([change, {**change, **CHILD}])),
            min_size=1,
            max_size=8,
        )
    )
    frames = claims(*changes)
    lines = []
    for one in frames["claims"]["seg"].tolist():
        for number in range(draw(st.integers(1, 3))):
            start = draw(days)
            lines.append(
                {"claim_seg": one, "seg": one + number + 1, "procedure_code": draw(codes), "service_date": start}
                | {"charge_cents": draw(st.integers(0, 10**9)), "units_milli": draw(st.integers(1, 10**6))}
                | {"modifiers": " ".join(draw(st.lists(st.sampled_from(["25", "RT"]), max_size=4)))}
                | {"line_control_number": f"L{one}N{number}", "service_to_date": draw(st.just(start) | days)}
                | {"diagnosis_pointers": "1 2", "place_of_service": draw(st.sampled_from(["", "12"]))}
            )
    return frames | {"service_lines": rows(*lines, procedure_qualifier="HC", unit_code="UN")}


@settings(max_examples=25, deadline=None)
@given(frames=claim_sets())
def test_what_is_written_as_837p_reads_back(frames, tmp_path_factory):
    data = write(frames)
    read = read_back(data, tmp_path_factory.mktemp("837")).frames
    facts = [
        "claim_number",
        "charge_cents",
        "member_id",
        "billing_npi",
        "billing_tax_id",
        "payer_code",
        "diagnosis_codes",
    ]
    facts += ["prior_authorization", "facility_code", "frequency_code", "patient_birth_date", "payer_sequence"]
    facts += ["filing_indicator_code", "patient_paid_cents", "rendering_npi"]
    got = read["claims"].sort_values("claim_number")
    same(frames["claims"].sort_values("claim_number")[facts], got[facts])
    given_names = frames["claims"].sort_values("claim_number")["patient_first_name"].str.upper()
    assert given_names.tolist() == got["patient_first_name"].tolist()
    lines = read["service_lines"].sort_values("line_control_number")
    written = frames["service_lines"].sort_values("line_control_number")
    same(written.drop(columns="service_to_date"), lines)
    joined = lines.merge(read["claims"], left_on="claim_seg", right_on="seg")
    assert (joined["line_control_number"].str.extract(r"L(\d+)N")[0].astype(int) // 10).astype(str).radd(
        "A"
    ).tolist() == (joined["claim_number"].tolist())
