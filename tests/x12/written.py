"""Small sets of frames to be written: one 835 and one 837P, as a caller would build them."""

from __future__ import annotations

import pandas as pd

from claims import x12
from claims.x12.write import Delimiters


def rows(*records: dict, **same) -> pd.DataFrame:
    """Give a frame with one row per record; `same` holds for all."""
    return pd.DataFrame([{**same, **record} for record in records])


def enveloped(set_code: str, **frames: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Put frames of one set, whose `transaction_seg` is 3, into an interchange."""
    return {
        "interchanges": rows(
            {"seg": 1, "sender_id": "SENDER", "receiver_id": "RECEIVER", "control_number": "7"},
            interchange_date=20260901,
        ),
        "groups": rows(
            {"seg": 2, "interchange_seg": 1, "control_number": "8", "sender_code": "SND", "receiver_code": "RCV"},
            group_date=20260901,
        ),
        "transactions": rows(
            {
                "seg": 3,
                "interchange_seg": 1,
                "group_seg": 2,
                "set_code": set_code,
                "control_number": "0001",
                "batch_reference": "B1",
                "batch_date": 20260901,
                "batch_time": "1200",
                "submitter_name": "MADE UP PRACTICE",
                "submitter_id": "SND",
                "submitter_contact": "DESK",
                "submitter_phone": "8005550100",
                "receiver_name": "PRETEND HOUSE",
                "receiver_id": "RCV",
            }
        ),
        **frames,
    }


def remittance(**changes: object) -> dict[str, pd.DataFrame]:
    """Give an 835 of one claim with two lines, 128.00 paid, 5.00 withheld; `changes` go to its `remittances` row."""
    remit = {
        "transaction_seg": 3,
        "seg": 4,
        "payment_cents": 12300,
        "method_code": "ACH",
        "payment_date": 20260910,
        "trace_number": "EFT1",
        "payer_identifier": "1900000011",
        "production_date": 20260909,
        "payer_name": "Fablewood Plan",
        "payer_address": "1 Storybook Lane",
        "payer_city": "Nowhere",
        "payer_state": "OH",
        "payer_zip": "45999",
        "payer_contact": "Desk",
        "payer_phone": "8005550111",
        "payer_bank_routing": "123456780",
        "payer_bank_account": "77",
        "payee_bank_routing": "987654320",
        "payee_bank_account": "55",
        "payee_name": "Made Up Practice",
        "payee_identifier": "1999999018",
        "payee_tax_id": "900000099",
    }
    line = {"claim_seg": 5, "procedure_qualifier": "HC", "paid_units_milli": 1000, "service_date": 20260801}
    return enveloped(
        "835",
        remittances=rows({**remit, **changes}),
        claim_payments=rows(
            {
                "transaction_seg": 3,
                "seg": 5,
                "claim_number": "A1",
                "status_code": "1",
                "charge_cents": 20000,
                "paid_cents": 12800,
                "patient_responsibility_cents": 3200,
                "filing_indicator_code": "12",
                "payer_claim_number": "ICN1",
                "facility_code": "11",
                "frequency_code": "1",
                "patient_last_name": "Teacup",
                "patient_first_name": "Pip",
                "member_id": "W1",
                "statement_from_date": 20260801,
                "received_date": 20260803,
            }
        ),
        service_payments=rows(
            {"seg": 6, "procedure_code": "99213", "modifiers": "25", "charge_cents": 12000, "paid_cents": 8000}
            | {"line_control_number": "A1L1"},
            {"seg": 7, "procedure_code": "85025", "modifiers": "", "charge_cents": 8000, "paid_cents": 4800}
            | {"line_control_number": "A1L2"},
            **line,
        ),
        adjustments=rows(
            {"service_seg": 6, "group_code": "CO", "reason_code": "45", "amount_cents": 2000},
            {"service_seg": 6, "group_code": "PR", "reason_code": "2", "amount_cents": 1950},
            {"service_seg": 6, "group_code": "PR", "reason_code": "3", "amount_cents": 50},
            {"service_seg": 7, "group_code": "CO", "reason_code": "45", "amount_cents": 2000},
            {"service_seg": 7, "group_code": "PR", "reason_code": "2", "amount_cents": 1200},
            claim_seg=5,
        ),
        remarks=rows(
            {"service_seg": 7, "ordinal": 2, "source": "LQ", "remark_code": "N381"},
            {"service_seg": 0, "ordinal": 3, "source": "MOA", "remark_code": "MA01"},
            claim_seg=5,
        ),
        provider_adjustments=rows(
            {"transaction_seg": 3, "seg": 9, "provider_identifier": "1999999018", "fiscal_period_date": 20261231}
            | {"reason_code": "WO", "reference": "ICN0", "amount_cents": 500}
        ),
    )


CLAIM = {
    "transaction_seg": 3,
    "charge_cents": 20000,
    "facility_code": "11",
    "frequency_code": "1",
    "billing_npi": "1999999018",
    "billing_tax_id": "900000099",
    "billing_name": "Made Up Practice",
    "billing_address": "100 Invented Way",
    "billing_city": "Nowhere",
    "billing_state": "OH",
    "billing_zip": "459990100",
    "payer_code": "FABLE",
    "payer_name": "Fablewood Plan",
    "payer_sequence": "P",
    "filing_indicator_code": "12",
    "member_id": "W1",
    "subscriber_last_name": "Teacup",
    "subscriber_first_name": "Pip",
    "subscriber_birth_date": 19800101,
    "subscriber_gender": "F",
    "subscriber_address": "2 Way",
    "subscriber_city": "Nowhere",
    "subscriber_state": "OH",
    "subscriber_zip": "45999",
    "patient_last_name": "Teacup",
    "patient_first_name": "Pip",
    "patient_birth_date": 19800101,
    "patient_gender": "F",
    "patient_address": "2 Way",
    "patient_city": "Nowhere",
    "patient_state": "OH",
    "patient_zip": "45999",
    "relationship_code": "18",
    "diagnosis_codes": "E119 I10",
    "rendering_npi": "1999999026",
    "rendering_last_name": "Stethoscope",
    "rendering_first_name": "Avery",
    "prior_authorization": "AU1",
    "patient_paid_cents": 2000,
}
CHILD = {"patient_first_name": "Clover", "relationship_code": "19", "patient_birth_date": 20150101}


def claims(*changes: dict) -> dict[str, pd.DataFrame]:
    """Give an 837P with one claim of one line for each of `changes`, numbered A1, A2 ..."""
    numbered = [{"seg": 10 * n, "claim_number": f"A{n}", **change} for n, change in enumerate(changes, 1)]
    line = {"procedure_code": "99213", "modifiers": "25", "charge_cents": 20000, "units_milli": 1000}
    lines = [
        {"claim_seg": one["seg"], "seg": one["seg"] + 1, "line_control_number": f"L{one['seg']}"} for one in numbered
    ]
    return enveloped(
        "837P",
        claims=rows(*({**CLAIM, **one} for one in numbered)),
        service_lines=rows(*lines, **line, diagnosis_pointers="1 2", service_date=20260801, service_to_date=20260801),
    )


INSTITUTIONAL = {
    **CLAIM,
    "rendering_npi": "",
    "facility_code": "11",
    "statement_from_date": 20260801,
    "statement_to_date": 20260803,
    "admission_date": 20260801,
    "admission_time": "0830",
    "discharge_time": "1100",
    "admission_type_code": "1",
    "admission_source_code": "7",
    "patient_status_code": "01",
    "diagnosis_codes": "J189 I10 E119",
    "admitting_diagnosis_code": "R0602",
    "attending_npi": "1999999026",
    "attending_last_name": "Stethoscope",
    "attending_first_name": "Avery",
    "attending_taxonomy": "207R00000X",
    "patient_paid_cents": 0,
}


def institutional(*changes: dict) -> dict[str, pd.DataFrame]:
    """Give an 837I with one claim (three days' board and an x-ray) for each of `changes`."""
    numbered = [{"seg": 10 * n, "claim_number": f"A{n}", **change} for n, change in enumerate(changes, 1)]
    lines = []
    for one in numbered:
        seg = one["seg"]
        board = {"revenue_code": "0120", "charge_cents": 15000, "unit_code": "DA", "units_milli": 3000}
        xray = {"revenue_code": "0320", "procedure_code": "71046", "charge_cents": 5000, "service_date": 20260802}
        lines.append({"claim_seg": seg, "seg": seg + 1, "line_control_number": f"L{seg}1", **board})
        lines.append({"claim_seg": seg, "seg": seg + 2, "line_control_number": f"L{seg}2", "units_milli": 1000, **xray})
    frame = pd.DataFrame(lines).fillna({"procedure_code": "", "unit_code": "UN", "service_date": 0})
    frame = frame.astype({"service_date": "int64", "units_milli": "int64"})
    return enveloped("837I", claims=rows(*({**INSTITUTIONAL, **one} for one in numbered)), service_lines=frame)


def dental(*changes: dict) -> dict[str, pd.DataFrame]:
    """Give an 837D with one claim of two lines (a filling, a cleaning) on one day for each of `changes`."""
    numbered = [{"seg": 10 * n, "claim_number": f"A{n}", **change} for n, change in enumerate(changes, 1)]
    lines = [
        {"claim_seg": one["seg"], "seg": one["seg"] + at, "procedure_code": code, "charge_cents": 10000}
        | {"line_control_number": f"L{one['seg']}{at}", "units_milli": 1000}
        for one in numbered
        for at, code in enumerate(("D2392", "D1110"), 1)
    ]
    teeth = [{"service_seg": one["seg"] + 1, "tooth_code": "12", "surface_codes": "M O"} for one in numbered]
    return enveloped(
        "837D",
        claims=rows(*({**CLAIM, "diagnosis_codes": "", **one} for one in numbered)),
        service_lines=rows(*lines, service_date=20260801, service_to_date=20260801),
        teeth=rows(*teeth),
    )


def adjudicated(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Say what a first payer decided about the first claim: of its first line 62.00 are left, all others are paid."""
    claim, lines = frames["claims"].iloc[0], frames["service_lines"]
    lines = lines[lines["claim_seg"] == claim["seg"]].reset_index(drop=True)
    paid = lines["charge_cents"] - (lines.index == 0) * 6200
    decisions = pd.DataFrame(
        {"seg": lines.index + 1001, "service_seg": lines["seg"], "payer_code": "FIRST", "paid_cents": paid}
    ).assign(paid_units_milli=1000, paid_date=20260820)
    known = [name for name in ("procedure_code", "modifiers", "revenue_code") if name in lines]
    decisions[known] = lines[known]
    is_dental = frames["transactions"]["set_code"].iloc[0] == "837D"
    payer = {"payer_sequence": "P", "filing_indicator_code": "CI", "payer_code": "FIRST", "payer_name": "First Plan"}
    return {
        **frames,
        "claims": frames["claims"].assign(payer_sequence="S"),
        "other_payers": rows(
            {"claim_seg": claim["seg"], "seg": 1000, "paid_cents": int(paid.sum()), "payer_claim_number": "ICN1"},
            **payer,
        ),
        "other_payer_lines": decisions.assign(procedure_qualifier="AD" if is_dental else "HC"),
        "other_payer_adjustments": rows(
            {"reason_code": "45", "group_code": "CO", "amount_cents": 4000},
            {"reason_code": "2", "group_code": "PR", "amount_cents": 2200},
            other_payer_line_seg=1001,
            other_payer_seg=0,
        ),
    }


OTHER = Delimiters("|", ">", "^", "!", "")


def segments(data: bytes, *ids: str) -> list[str]:
    """Give the segments with one of these ids, as text."""
    return [line for line in data.decode().replace("~", "").splitlines() if line.split("*")[0] in ids]


def read_back(data: bytes, tmp_path):
    path = tmp_path / "file.edi"
    path.write_bytes(data)
    return x12.read(path)
