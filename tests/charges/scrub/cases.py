"""For each edit a claim that it stops and one that it lets pass, which differ in what the edit is about."""

from __future__ import annotations

from typing import Any, NamedTuple

from claims.charges.scrub import Work
from tests.charges.scrub.claims_to_send import MARKED, PAYER, code_list, dental, hospital, professional


class Case(NamedTuple):
    """An edit, what it stops and what passes."""

    edit_id: str
    stopped: Work
    passes: Work


def _case(edit_id: str, build: Any, stopped: dict, passes: dict, **both: Any) -> Case:
    return Case(edit_id, build(**{**both, **stopped}), build(**{**both, **passes}))


def _claim(edit_id: str, build: Any, stopped: dict, passes: dict, **both: Any) -> Case:
    """Give claims that differ in columns of the claim; those of `both` are of each."""
    shared = both.pop("claim", {})
    return _case(edit_id, build, {"claim": {**shared, **stopped}}, {"claim": {**shared, **passes}}, **both)


def _line(edit_id: str, build: Any, stopped: dict, passes: dict, **both: Any) -> Case:
    """Give claims that differ in columns of the line."""
    shared = both.pop("line", {})
    return _case(edit_id, build, {"line": {**shared, **stopped}}, {"line": {**shared, **passes}}, **both)


def _master(edit_id: str, build: Any, kind: str, stopped: dict | None, passes: dict | None, **both: Any) -> Case:
    """Give claims that differ in a row of master data."""
    known = both.pop("master", {})
    first, second = ({**known, kind: [row] if row else []} for row in (stopped, passes))
    return _case(edit_id, build, {"master": first}, {"master": second}, **both)


P, HOSPITAL, D = professional, hospital, dental
OF_CLAIM, OF_LINE = {"claim_seg": 1, "service_seg": 0}, {"claim_seg": 1, "service_seg": 100}
MANY = " ".join(f"E{number:03d}" for number in range(100, 113))
TRAITS = {"procedures": [{"procedure_code": "99213", "trait": "evaluation", "primary_codes": ""}]}
CAR = {"related_cause_codes": "AA", "accident_date": 20260815, "accident_state": "OH"}
SECOND = {"payer_sequence": "S"}
FIRST_PAYER = {**OF_CLAIM, "seg": 50, "payer_sequence": "P", "payer_code": "OTHER", "paid_cents": 8000}
PAID_LINE = {**OF_LINE, "seg": 110, "payer_code": "OTHER", "paid_cents": 8000}
CUT = {**OF_LINE, "seg": 111, "group_code": "CO", "reason_code": "45", "amount_cents": 2000}
DECIDED = {"other_payers": [FIRST_PAYER], "other_payer_lines": [PAID_LINE], "other_payer_adjustments": [CUT]}
SAID = {"claim_seg": 1, "payer_sequence": "P", "status_code": "1", "paid_cents": 8000, "share_cents": 0,
        "paid_date": 20260910}  # fmt: skip
DRUG = {**OF_LINE, "seg": 120, "qualifier_code": "N4", "code": "00011122233", "unit_code": "ML", "units_milli": 1000}
SENT = {
    "claim_id": 9, "life": "accepted", "payer_code": "FABLE", "member_id": "FW10851", "patient_birth_date": 19890408,
    "patient_first_name": "PIP", "billing_npi": "1999999018", "rendering_npi": "1999999026", "service_date": 20260901,
    "procedure_code": "99213", "modifiers": "", "charge_cents": 10000,
}  # fmt: skip
TWO = [{}, {"procedure_code": "11102"}]
ANSWER = {"payer_code": "FABLE", "member_id": "FW10851", "checked_on": 20260828, "active_from": 20260101,
          "active_to": 99991231}  # fmt: skip
ASKED = {**PAYER, "eligibility_days": 7}
LIMITED = {**PAYER, "filing_limit_days": 100, "filing_limit_anchor": "service_from"}
DAYS = [*MARKED, {"claim_seg": 1, "qualifier_code": "BE", "code": "80", "amount_cents": 300}]
TOOTH = {**OF_LINE, "seg": 130, "tooth_code": "12", "surface_codes": "M O"}


def _needs(trait: str) -> dict:
    return {"procedures": [{"procedure_code": "D2391", "trait": trait}]}


def _trait(code: str, trait: str, **more: Any) -> dict:
    return {"procedures": [{"procedure_code": code, "trait": trait, **more}]}


def _hi(**columns: Any) -> dict:
    return {"diagnoses": [*MARKED, {"claim_seg": 1, **columns}]}


CASES = [
    _claim("S01a", P, {"charge_cents": 10001}, {"charge_cents": 10000}),
    _case("S01b", P, {"lines": [{}, {"charge_cents": -1, "procedure_code": "99214"}]},
          {"lines": [{}, {"charge_cents": 0, "procedure_code": "99214"}]}),
    _line("S01c", P, {"units_milli": 0}, {"units_milli": 1}),
    _case("S02a", P, {"lines": [{"modifiers": f"{n:02d}"} for n in range(51)]},
          {"lines": [{"modifiers": f"{n:02d}"} for n in range(50)]}),
    _case("S02a", HOSPITAL, {"lines": [{"service_date": 20260901, "claim_seg": 7}]}, {}),
    _case("S02b", P, {"lines": [{}, {"line_number": "3", "modifiers": "59"}]},
          {"lines": [{}, {"line_number": "2", "modifiers": "59"}]}),
    _claim("S03a", P, {"diagnosis_codes": ""}, {"diagnosis_codes": "I10"}),
    _claim("S03b", P, {"diagnosis_codes": MANY}, {"diagnosis_codes": MANY[:-5]}),
    _case("S03b", HOSPITAL, {"diagnoses": [*MARKED] + [{"claim_seg": 1, "qualifier_code": "APR", "code": f"R05{n}"}
                                                       for n in range(4)]}, {}),
    _claim("S03c", P, {"diagnosis_codes": "I10 I10"}, {"diagnosis_codes": "I10 I11"}),
    _claim("S03d", P, {"diagnosis_codes": "E11.9"}, {"diagnosis_codes": "E119"}),
    _case("S03e", P, {"lists": {"ICD10CM": code_list("ICD10CM", "E119")}},
          {"lists": {"ICD10CM": code_list("ICD10CM", "E119", "I10")}}),
    _claim("S03f", P, {"statement_from_date": 20150930, "statement_to_date": 20150930},
           {"statement_from_date": 20151001}, line={"service_date": 0, "service_to_date": 0}, today=20151010),
    _case("S03z", P, {"lists": {}}, {"lists": {"ICD10CM": code_list("ICD10CM", "E119", "I10")}}),
    _line("S04a", P, {"diagnosis_pointers": ""}, {"diagnosis_pointers": "2"}),
    _line("S04b", P, {"diagnosis_pointers": "3"}, {"diagnosis_pointers": "2"}),
    _line("S04b", P, {"diagnosis_pointers": "A"}, {"diagnosis_pointers": "1 2"}),
    _line("S04c", P, {"diagnosis_pointers": "1 1"}, {"diagnosis_pointers": "1 2"}),
    _claim("S05a", P, {"billing_npi": ""}, {}),
    _claim("S05b", P, {"rendering_npi": "1999999027"}, {"rendering_npi": ""}),
    _claim("S05b", HOSPITAL, {"attending_npi": "199999902"}, {}),
    _case("S05b", P, {"parties": [{**OF_LINE, "loop": "2420A", "identifier_qualifier": "XX", "identifier": "1234"}]},
          {"parties": [{**OF_LINE, "loop": "2420A", "identifier_qualifier": "XX", "identifier": "1999999026"}]}),
    _master("S05c", P, "providers", {"npi": "1999999018", "last_name": "SOMEBODY ELSE"},
            {"npi": "1999999018", "last_name": "Made-Up Family Practice"}),
    _master("S05d", P, "payers", {**PAYER, "payer_name": "MOONBEAM"}, {**PAYER, "payer_name": "FABLEWOOD HEALTH PLAN"}),
    _claim("S06a", P, {"billing_taxonomy": "207Q00000"}, {"billing_taxonomy": ""}),
    _case("S06a", P, {"taxonomies": [{**OF_LINE, "qualifier_code": "PXC", "code": "207Q"}]},
          {"taxonomies": [{**OF_LINE, "qualifier_code": "PXC", "code": "207Q00000X"}]}),
    _master("S06b", P, "payers", {**PAYER, "needs_taxonomy": True}, {**PAYER, "needs_taxonomy": False},
            claim={"billing_taxonomy": ""}),
    _claim("S06c", P, {"billing_tax_id": "90-0000099"}, {}),
    _claim("S07a", P, {"billing_address": "P.O. Box 99"}, {"billing_address": "99 BOXWOOD LANE"}),
    _claim("S07b", P, {"billing_city": ""}, {}),
    _claim("S07c", P, {"billing_zip": "45999"}, {}),
    _claim("S07d", P, {"subscriber_zip": "4599"}, {"subscriber_zip": "459990100"}),
    _claim("S07e", P, {"subscriber_state": "OX"}, {"subscriber_state": "ON"}),
    _claim("S08a", P, {"patient_birth_date": 20260902}, {"patient_birth_date": 20260901},
           claim={"subscriber_birth_date": 0, "relationship_code": "19", "patient_first_name": "POP"}),
    _case("S08b", P, {"today": 20260831}, {"today": 20260901}),
    _case("S08c", P, {"patients": [{"hl_seg": 5, "death_date": 20260831}]},
          {"patients": [{"hl_seg": 5, "death_date": 20260901}]}, claim={"subscriber_seg": 5}),
    _claim("S09a", P, {"member_id": ""}, {}),
    _claim("S09b", P, {"member_id": "FW1085"}, {}, master={"payers": [{**PAYER, "member_id_pattern": "FW[0-9]{5}"}]}),
    _claim("S09c", P, {"member_id": "1EG4TE5MK7S"}, {"member_id": "1EG4TE5MK73"},
           claim={"filing_indicator_code": "MB"}),
    _claim("S10a", P, {"patient_first_name": "POP"}, {"patient_first_name": "Pip"}),
    _claim("S10b", P, {"relationship_code": "77"}, {"relationship_code": "G8"}),
    _claim("S10c", P, {"subscriber_gender": ""}, {}),
    _claim("S10c", P, {"patient_birth_date": 0}, {}, claim={"relationship_code": "19", "subscriber_birth_date": 0}),
    _claim("S11a", P, {"original_reference": ""}, {"original_reference": "ICN1"}, claim={"frequency_code": "7"}),
    _claim("S11a", HOSPITAL, {"frequency_code": "Q"}, {"frequency_code": "Q", "original_reference": "ICN1"}),
    _claim("S11b", P, {"original_reference": "ICN1"}, {"original_reference": ""}),
    _claim("S11c", P, {"frequency_code": "6"}, {"frequency_code": "8"}, claim={"original_reference": "ICN1"}),
    _master("S11d", P, "payers", {**PAYER, "takes_replacement": False}, PAYER,
            claim={"frequency_code": "7", "original_reference": "ICN1"}),
    _claim("S12a", P, {"claim_number": "EX*1"}, {"claim_number": "EX-1"}),
    _case("S12a", P, {"references": [{**OF_CLAIM, "qualifier_code": "EA", "reference": "A~1"}]},
          {"references": [{**OF_CLAIM, "qualifier_code": "EA", "reference": "A1"}]}),
    _claim("S12b", P, {"billing_name": "MADE:UP"}, {"billing_name": "MADE|UP"}),
    _claim("S12c", P, {"claim_number": "E" * 21}, {"claim_number": "E" * 20}),
    _case("S13a", P, {"lists": {"CPT": code_list("CPT", "99214")}}, {"lists": {"CPT": code_list("CPT", "99213")}}),
    _case("S13a", HOSPITAL, {"lists": {"ICD10PCS": code_list("ICD10PCS", "0DTJ4ZY")}},
          {"lists": {"ICD10PCS": code_list("ICD10PCS", "0DTJ4ZZ")}},
          **_hi(qualifier_code="BBR", code="0DTJ4ZZ", date=20260902)),
    _line("S13b", P, {"procedure_code": ""}, {}),
    _line("S13c", P, {"procedure_code": "9921"}, {"procedure_code": "A9270"}),
    _line("S13c", D, {"procedure_code": "D239"}, {}),
    _line("S13d", P, {"modifiers": "25 25"}, {"modifiers": "25 59"}),
    _case("S13w", HOSPITAL, {"lists": {}}, {"lists": {"ICD10PCS": code_list("ICD10PCS", "0DTJ4ZZ")}},
          **_hi(qualifier_code="BBR", code="0DTJ4ZZ", date=20260902)),
    _case("S13x", P, {"lists": {}}, {"lists": {"HCPCS": code_list("HCPCS", "A9270")}},
          line={"procedure_code": "A9270"}),
    _case("S13y", P, {"lists": {"CPT": code_list("CPT", "99213", covered=(20250101, 20251231))}},
          {"lists": {"CPT": code_list("CPT", "99213")}}),
    _case("S13z", D, {"lists": {}}, {"lists": {"CDT": code_list("CDT", "D2391")}}),
    _claim("S14a", P, {"facility_code": "30"}, {"facility_code": "10"}),
    _line("S14a", P, {"place_of_service": "30"}, {"place_of_service": "12"}),
    _claim("S14b", P, {"admission_date": 0}, {"admission_date": 20260831}, claim={"facility_code": "21"}),
    _case("S14b", P, {}, {"dates": [{**OF_CLAIM, "qualifier_code": "435", "date": 20260831}]},
          claim={"facility_code": "51"}),
    _claim("S15a", P, {"accident_date": 0}, {"accident_date": 20260815}, claim={"related_cause_codes": "EM"}),
    _claim("S15b", P, {**CAR, "accident_state": ""}, CAR),
    _case("S16a", P, {}, {"references": [{**OF_CLAIM, "qualifier_code": "X4", "reference": "99D9999999"}]},
          master=_trait("80*", "laboratory"), line={"procedure_code": "80053"}),
    _case("S16b", P, {}, {"references": [{**OF_LINE, "qualifier_code": "EW", "reference": "123456"}]},
          master=_trait("77067", "mammography"), line={"procedure_code": "77067"}),
    _case("S16c", P, {"references": [{**OF_CLAIM, "qualifier_code": "X4", "reference": "99X9999999"}]},
          {"references": [{**OF_CLAIM, "qualifier_code": "X4", "reference": "99D9999999"}]}),
    _case("S17a", P, {}, {"drugs": [DRUG]}, line={"procedure_code": "J1100"},
          master={**_trait("J*", "drug"), "payers": [{**PAYER, "needs_drug_code": True}]}),
    _case("S17b", P, {"drugs": [{**DRUG, "code": "0001112223"}]}, {"drugs": [DRUG]}),
    _case("S17c", P, {"drugs": [{**DRUG, "unit_code": "CC"}]}, {"drugs": [DRUG]}),
    _case("S17d", P, {"lists": {"NDC": code_list("NDC", "00011122234")}},
          {"lists": {"NDC": code_list("NDC", "00011122233")}}, drugs=[DRUG]),
    _case("S17z", P, {"lists": {}}, {"lists": {"NDC": code_list("NDC", "00011122233")}}, drugs=[DRUG]),
    _claim("S18a", P, {}, {"prior_authorization": "PA1"},
           master={"authorization_rules": [{"payer_code": "", "procedure_code": "992*", "needs": "authorization"}]}),
    _case("S18b", P, {}, {"references": [{**OF_CLAIM, "qualifier_code": "9F", "reference": "R1"}]},
          master={"authorization_rules": [{"payer_code": "FABLE", "procedure_code": "99213", "needs": "referral"}]}),
    _case("S19a", P, {}, DECIDED, claim=SECOND),
    _case("S19b", P, {"other_payers": [{**FIRST_PAYER, "paid_cents": None}], "other_payer_lines": [],
                      "other_payer_adjustments": []}, {}, claim=SECOND, **DECIDED),
    _case("S19c", P, {"other_payer_adjustments": [{**CUT, "amount_cents": 1999}]}, {}, claim=SECOND, **DECIDED),
    _case("S19d", P, {"other_payer_lines": [{**PAID_LINE, "paid_cents": 7000}]}, {}, claim=SECOND, **DECIDED),
    _case("S19e", P, {"other_payers": [{**FIRST_PAYER, "paid_cents": 7900}]}, {}, claim=SECOND, **DECIDED),
    _case("S19f", P, {"other_payer_lines": [{**PAID_LINE, "payer_code": "THIRD"}]}, {}, claim=SECOND, **DECIDED),
    _case("S19g", P, {"adjudications": [{"claim_seg": 1, "payer_sequence": "P", "status_code": "1", "paid_cents": 7000,
                                         "share_cents": 0, "paid_date": 20260910}]},
          {"adjudications": [{"claim_seg": 1, "payer_sequence": "P", "status_code": "1", "paid_cents": 8000,
                              "share_cents": 0, "paid_date": 20260910}]}, claim=SECOND, **DECIDED),
    _case("S19h", P, {"adjudications": [{"claim_seg": 1, "payer_sequence": "P", "status_code": "19", "paid_cents": 8000,
                                         "share_cents": 0, "paid_date": 20260910}]},
          {"adjudications": [{"claim_seg": 1, "payer_sequence": "P", "status_code": "2", "paid_cents": 8000,
                              "share_cents": 0, "paid_date": 20260910}]}, claim=SECOND, **DECIDED),
    _case("S19i", P, {"adjudications": [{**SAID, "status_code": "22", "paid_cents": 0}]},
          {"adjudications": [{**SAID, "status_code": "22", "paid_cents": 0}, SAID]}, claim=SECOND, **DECIDED),
    _case("S19j", P, {"adjudications": [{**SAID, "share_cents": 1000}]}, {"adjudications": [SAID]},
          claim=SECOND, **DECIDED),
    _claim("S20a", HOSPITAL, {"facility_code": "19"}, {}),
    _claim("S20b", HOSPITAL, {"statement_from_date": 0}, {}),
    _claim("S20c", HOSPITAL, {"patient_status_code": ""}, {}),
    _claim("S20d", HOSPITAL, {"attending_npi": ""}, {}),
    _claim("S20e", HOSPITAL, {"admission_time": ""}, {}),
    _claim("S20f", HOSPITAL, {"patient_status_code": "30"}, {"patient_status_code": "30", "frequency_code": "2"}),
    _line("S20g", HOSPITAL, {"revenue_code": "0001"}, {"revenue_code": "0250"}),
    _case("S20h", HOSPITAL, {"diagnoses": []}, {}),
    _case("S20i", HOSPITAL, {"diagnoses": [MARKED[0], {**MARKED[1], "present_on_admission_code": "X"}]}, {}),
    _case("S21a", HOSPITAL, _hi(qualifier_code="BG", code="A"), _hi(qualifier_code="BG", code="A1")),
    _case("S21b", HOSPITAL, _hi(qualifier_code="BH", code="A1", date=0),
          _hi(qualifier_code="BH", code="A1", date=20260901)),
    _case("S21c", HOSPITAL, {"diagnoses": [*MARKED, {**DAYS[-1], "amount_cents": 400}]}, {"diagnoses": DAYS}),
    _case("S22a", P, {"history": [SENT]}, {"history": [{**SENT, "life": "rejected"}]}),
    _case("S22c", P, {"answered": [{"claim_seg": 1, "remit_id": 7, "paid_date": 20260910}]},
          {"answered": [{"claim_seg": 9, "remit_id": 7, "paid_date": 20260910}]}),
    _case("S22b", P, {"lines": [{}, {}]}, {"lines": [{}, {"modifiers": "76"}]}),
    _case("S23a", P, {"lines": TWO}, {"lines": [{"modifiers": "25"}, TWO[1]]},
          lists={"NCCI": code_list("NCCI", "11102", column_two=["99213"], modifier_indicator=["1"])}),
    _line("S23b", P, {"units_milli": 2000}, {"units_milli": 1000},
          lists={"MUE": code_list("MUE", "99213", max_units=[1], adjudication_indicator=["1"])}),
    _case("S23c", P, {"lines": [{}, {"procedure_code": "99417"}]},
          {"lines": [{"procedure_code": "99215"}, {"procedure_code": "99417"}]},
          master=_trait("99417", "add_on", primary_codes="99205 99215")),
    _case("S23d", P, {"lines": TWO}, {"lines": [{"modifiers": "25"}, TWO[1]]},
          master={"procedures": [{"procedure_code": "992*", "trait": "evaluation"},
                                 {"procedure_code": "111*", "trait": "minor_surgery"}]}),
    _case("S23y", P, {"lists": {}}, {"lists": {"NCCI": code_list("NCCI", "99999", column_two=["99998"],
                                                                modifier_indicator=["0"])}}, lines=TWO),
    _case("S23z", P, {"lists": {}}, {"lists": {"MUE": code_list("MUE", "99213", max_units=[1],
                                                               adjudication_indicator=["1"])}}),
    _claim("S24a", P, {"patient_gender": "M"}, {"patient_gender": "F"}, claim={"diagnosis_codes": "O0990"},
           master={"demographic_limits": [{"code": "O09*", "code_kind": "diagnosis", "gender": "F", "age_from": 0,
                                           "age_to": 150}]}),
    _master("S24b", P, "demographic_limits",
            {"code": "99213", "code_kind": "procedure", "gender": "", "age_from": 40, "age_to": 64},
            {"code": "99213", "code_kind": "procedure", "gender": "", "age_from": 37, "age_to": 37}),
    _line("S24c", P, {"diagnosis_pointers": "2"}, {"diagnosis_pointers": "2 1"},
          master={"coverage_policies": [{"payer_code": "", "procedure_code": "99213", "diagnosis_code": "E11*"}]}),
    _master("S25a", P, "eligibility", {**ANSWER, "checked_on": 20260824}, {**ANSWER, "checked_on": 20260825},
            master={"payers": [ASKED]}),
    _master("S25b", P, "eligibility", {**ANSWER, "active_to": 20260831}, {**ANSWER, "active_to": 20260901},
            master={"payers": [ASKED]}),
    _case("S26a", P, {"today": 20261211}, {"today": 20261210}, master={"payers": [LIMITED]}),
    _case("S26b", P, {"today": 20261116}, {"today": 20261115}, master={"payers": [LIMITED]}),
    _master("S27", P, "fee_schedules",
            {"payer_code": "FABLE", "procedure_code": "99213", "modifier": "", "allowed_cents": 10001},
            {"payer_code": "FABLE", "procedure_code": "99213", "modifier": "", "allowed_cents": 10000}),
    _master("S28a", P, "enrolments", {"billing_npi": "1999999018", "rendering_npi": "", "payer_code": "OTHER"},
            {"billing_npi": "1999999018", "rendering_npi": "", "payer_code": ""}),
    _case("S28b", P, {"claim": {"rendering_npi": "1999999034"}}, {},
          master={"enrolments": [{"billing_npi": "1999999018", "rendering_npi": "", "payer_code": ""},
                                 {"billing_npi": "1999999018", "rendering_npi": "1999999026", "payer_code": "FABLE"}]}),
    _claim("S29a", HOSPITAL, {"statement_from_date": 20260902}, {"statement_from_date": 20260901}),
    _line("S29b", P, {"service_to_date": 20260831}, {"service_to_date": 20260901}),
    _claim("S29b", HOSPITAL, {"statement_to_date": 20260831}, {}, line={"service_date": 0, "service_to_date": 0}),
    _line("S29c", P, {"units_milli": 1000}, {"units_milli": 3000}, claim={"statement_to_date": 20260903},
          line={"service_to_date": 20260903}),
    _claim("S29d", P, {"statement_from_date": 0}, {"statement_from_date": 20260901},
           line={"service_date": 0, "service_to_date": 0}),
    _case("S30a", D, {}, {"teeth": [TOOTH]}, master=_needs("needs_tooth")),
    _case("S30b", D, {"teeth": [{**TOOTH, "surface_codes": ""}]}, {"teeth": [TOOTH]}, master=_needs("needs_surface")),
    _line("S30c", D, {}, {"oral_cavity_codes": "10"}, master=_needs("needs_quadrant")),
    _line("S30d", D, {}, {"prosthesis_code": "I"}, master=_needs("needs_prosthesis")),
    _case("S30e", D, {}, {"dates": [{**OF_LINE, "qualifier_code": "441", "date": 20200101}]},
          line={"prosthesis_code": "R"}),
    _case("S30f", D, {"teeth": [{**TOOTH, "tooth_code": "33"}]}, {"teeth": [{**TOOTH, "tooth_code": "32"}]}),
    _case("S31a", P, {"usage": "T"}, {"usage": "P"}),
    _case("S31b", P, {"usage": "P"}, {"usage": ""},
          master={"partners": [{"partner_code": "PRETEND", "usage_code": "T"}]}),
    _case("S32a", P, {"is_file": True}, {"is_file": False}, claims=[{"seg": 1}, {"seg": 2}],
          lines=[{"claim_seg": 1}, {"claim_seg": 2, "modifiers": "59"}],
          master={"partners": [{"partner_code": "PRETEND", "usage_code": "P", "claims_per_set": 1}]}),
    _case("S32b", P, {"claims": [{"seg": n + 1, "subscriber_seg": 9} for n in range(101)]},
          {"claims": [{"seg": n + 1, "subscriber_seg": 9} for n in range(100)]}, is_file=True,
          lines=[{"claim_seg": n + 1, "seg": 1000 + n, "charge_cents": n} for n in range(100)]),
]  # fmt: skip
