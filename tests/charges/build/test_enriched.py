"""Building: what charges leave open comes from master data of the service day, what they say stays."""

from __future__ import annotations

import pandas as pd
import pytest

from claims.charges import read_charges
from claims.charges.build import cleaned, content_hashes, enriched, in_sending_order, numbered_lines, to_number
from tests.charges.build.masters import known as master
from tests.charges.test_charges_file import written

BILLING = {
    "npi": "1999999018", "entity_type": "2", "last_name": "MADE UP FAMILY PRACTICE", "taxonomy": "207Q00000X",
    "tax_id": "900000099", "tax_id_qualifier": "EI", "address": "100 INVENTED WAY", "city": "NOWHERE", "state": "OH",
    "zip": "459990100", "pay_to_address": "PO BOX 99", "pay_to_city": "NOWHERE", "pay_to_state": "OH",
    "pay_to_zip": "459990099", "contact_name": "BILLING DESK", "contact_phone": "8005550100",
    "clia_number": "99D9999999",
}  # fmt: skip
RENDERING = {"npi": "1999999026", "entity_type": "1", "last_name": "STETHOSCOPE", "first_name": "AVERY",
             "taxonomy": "207R00000X"}  # fmt: skip
PAYER = {"payer_code": "FABLE", "payer_name": "FABLEWOOD HEALTH PLAN", "payer_identifier": "60054",
         "payer_identifier_qualifier": "PI", "partner_code": "PRETEND", "filing_indicator_code": "12"}  # fmt: skip


def frames(*changes):
    file = read_charges(written(*changes))
    assert file.findings.empty
    return {"claims": file.claims, "service_lines": file.service_lines, "other_payers": file.other_payers}


def built(*changes, **kinds):
    rows = {"providers": [BILLING, RENDERING], "payers": [PAYER]} | kinds
    return enriched(frames(*changes), master(**rows))


def the(result, *columns):
    (row,) = result["claims"][list(columns)].to_numpy().tolist()
    return row if len(columns) > 1 else row[0]


def test_the_billing_provider_comes_whole_from_master_data():
    found = built({})
    assert the(found, "billing_address", "billing_zip", "billing_tax_id", "billing_tax_qualifier", "billing_phone") == [
        "100 INVENTED WAY", "459990100", "900000099", "EI", "8005550100"
    ]  # fmt: skip
    assert the(found, "pay_to_address", "pay_to_zip") == ["PO BOX 99", "459990099"]


def test_what_the_charge_says_stays():
    assert the(built({"billing_tax_id": "911111111"}), "billing_name", "billing_tax_id") == [
        "MADE UP PRACTICE", "911111111"
    ]  # fmt: skip


def test_the_payer_is_named_as_the_receiver_wants_it():
    assert the(built({}), "payer_code", "payer_qualifier") == ["60054", "PI"]
    assert the(built({"payer_code": "OTHER"}), "payer_code") == "OTHER"


def test_the_row_of_the_service_day_counts():
    moved = [BILLING | {"effective_to": 20260831}, BILLING | {"effective_from": 20260901, "address": "9 NEW STREET"}]
    assert the(built({}, providers=moved), "billing_address") == "9 NEW STREET"
    assert the(built({"service_from": "2026-08-31"}, providers=moved), "billing_address") == "100 INVENTED WAY"


@pytest.mark.parametrize(("needs", "expected"), [(True, ["207Q00000X", "207R00000X"]), (False, ["", ""])])
def test_taxonomies_are_sent_where_the_payer_needs_them(needs, expected):
    found = built({"rendering_npi": "1999999026"}, payers=[PAYER | {"needs_taxonomy": needs}])
    assert the(found, "billing_taxonomy", "rendering_taxonomy") == expected
    assert the(found, "rendering_last_name", "rendering_first_name") == ["STETHOSCOPE", "AVERY"]


def test_a_laboratory_procedure_needs_the_certificate_of_its_place():
    traits = [{"procedure_code": "8*", "trait": "laboratory"}]
    found = built({"procedure_code": "85025"}, {"claim_number": "A2"}, procedures=traits)
    assert found["references"][["claim_seg", "loop", "qualifier_code", "reference"]].to_numpy().tolist() == [
        [1, "2300", "X4", "99D9999999"]
    ]
    assert "references" not in built({}, procedures=traits)


def test_lines_get_a_number_of_ours_when_they_have_none_of_their_own():
    lines = pd.DataFrame({"line_control_number": ["", "A", "B", "B", "C" * 31, "D"]}, dtype="str")
    wanting = to_number(lines, pd.Series(["D"]))
    assert wanting.tolist() == [True, False, True, True, True, True]
    numbers = numbered_lines(lines, wanting, 7)["line_control_number"]
    assert numbers.tolist() == ["LN0000000007", "A", "LN0000000008", "LN0000000009", "LN0000000010", "LN0000000011"]


def test_names_are_spelt_and_identifiers_refused():
    found = enriched(
        frames({"subscriber_last_name": "TEA*CUP Ñ"}, {"claim_number": "A2", "member_id": "W:2"}), master()
    )
    spelt, refused = cleaned(found, "*:^~", lambda text: text.replace("Ñ", "N"))
    assert spelt["claims"]["subscriber_last_name"].tolist() == ["TEA CUP N", "TEACUP"]
    assert refused[["claim_seg", "line_number", "edit_id", "element"]].to_numpy().tolist() == [
        [2, 0, "S12", "member_id"]
    ]
    assert cleaned(found, "*|^~", str)[1].empty


def test_claims_are_sent_by_provider_subscriber_and_patient():
    changes = [{"claim_number": f"A{number}", "member_id": f"W{3 - number % 3}"} for number in range(6)]
    found = in_sending_order(built(*changes))
    assert found["claims"]["member_id"].tolist() == ["W1", "W1", "W2", "W2", "W3", "W3"]
    segs = found["claims"]["seg"].tolist()
    assert segs == list(range(segs[0], segs[0] + 6))
    assert segs[0] > max(rows["seg"].max() for name, rows in found.items() if name != "claims" and len(rows))
    number_of = found["claims"].set_index("seg")["claim_number"]
    told = zip(found["service_lines"]["claim_seg"], found["service_lines"]["line_control_number"], strict=True)
    assert all(number.startswith(number_of[seg]) for seg, number in told)


def test_a_hash_follows_what_is_said_of_a_claim():
    one, other = built({}), built({"charge": "145.01"})
    assert content_hashes(one)[1] == content_hashes(built({}))[1]
    assert content_hashes(one)[1] != content_hashes(other)[1]


@pytest.mark.parametrize(
    ("frame", "values"),
    [
        ("claims", {"patient_paid_cents": 1, "rendering_npi": "1999999059", "statement_to_date": 20260931}),
        ("claims", {"relationship_code": "19", "subscriber_address": "ELSEWHERE", "subscriber_birth_date": 19800101}),
        ("diagnoses", {"code": "Z00", "present_on_admission_code": "N"}),
        ("service_lines", {"noncovered_cents": 1, "units_milli": 7000}),
    ],
)
def test_a_hash_holds_every_column(frame, values):
    file = read_charges(written({"subscriber_address": "1 LANE", "subscriber_birth_date": "1979-01-01"}))
    frames = dict(file.frames)
    before = content_hashes(frames)[1]
    for name, value in values.items():
        rows = frames[frame]
        changed = frames | {frame: rows.assign(**{name: pd.Series([value] * len(rows), index=rows.index)})}
        assert content_hashes(changed)[1] != before, name


@pytest.mark.parametrize(
    ("frame", "row"),
    [
        ("references", {"loop": "2300", "qualifier_code": "X4", "reference": "99D9999999"}),
        ("dates", {"loop": "2300", "qualifier_code": "454", "date": 20260901, "date_to": 0}),
        ("amounts", {"loop": "2400", "qualifier_code": "T", "amount_cents": 100}),
        ("drugs", {"code": "99999999999", "units_milli": 1000, "unit_code": "UN"}),
        ("teeth", {"tooth_code": "12", "surface_codes": ""}),
        ("other_payer_adjustments", {"group_code": "CO", "reason_code": "45", "amount_cents": 100}),
        ("other_payer_lines", {"payer_code": "DRAGN", "paid_cents": 100}),
        ("other_segments", {"loop": "2300", "segment_id": "PWK", "text": "OZ*BM***AC*1"}),
    ],
)
def test_a_hash_holds_every_row(frame, row):
    frames = dict(read_charges(written({})).frames)
    before = content_hashes(frames)[1]
    rows = pd.DataFrame([{"claim_seg": 1, "service_seg": 0, "seg": 1} | row])
    rows = rows.astype({name: "str" for name, value in row.items() if isinstance(value, str)})
    told = content_hashes(frames | {frame: rows})[1]
    assert told != before
    other = {name: value + 1 if isinstance(value, int) else value + "9" for name, value in list(row.items())[-1:]}
    assert content_hashes(frames | {frame: rows.assign(**other).astype(rows.dtypes.to_dict())})[1] != told
