"""Claim frames in, the inside of 837 professional transaction sets out: one text per set, from after ST to before SE.

Frames: `claims`, `service_lines`, `other_payers` as in docs/frames.md. Columns beside those, all optional:
transactions `batch_reference` (BHT03), `batch_date`, `batch_time`, `submitter_name submitter_id submitter_contact
submitter_phone receiver_name receiver_id`; claims `billing_address billing_city billing_state billing_zip
billing_taxonomy rendering_last_name rendering_first_name rendering_taxonomy subscriber_address subscriber_city
subscriber_state subscriber_zip subscriber_birth_date subscriber_gender patient_address patient_city patient_state
patient_zip patient_gender relationship_code group_number`. A conformant file needs the billing provider's address and,
for whoever is the patient, address, birth date and gender. The patient is a dependent when `relationship_code` is
neither empty nor 18, or when `patient_seg` differs from `subscriber_seg`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.x12.write_text import Columns, Document, Frames, Integers, preorder, rows_of

CLAIMS_PER_LOOP = 100  # the guide's limit of CLM under one HL

_BILLING = [
    *("billing_npi", "billing_tax_id", "billing_name", "billing_taxonomy"),
    *("billing_address", "billing_city", "billing_state", "billing_zip"),
]
_SUBSCRIBER = [
    *("payer_code", "payer_name", "payer_sequence", "filing_indicator_code", "member_id", "group_number"),
    *("subscriber_last_name", "subscriber_first_name", "subscriber_birth_date", "subscriber_gender"),
    *("subscriber_address", "subscriber_city", "subscriber_state", "subscriber_zip"),
]
_PATIENT = [
    *("patient_last_name", "patient_first_name", "patient_birth_date", "patient_gender", "relationship_code"),
    *("patient_address", "patient_city", "patient_state", "patient_zip"),
]


def bodies(frames: Frames, transactions: pd.DataFrame, *, upper: bool = True, blanked: str = "*:^~") -> list[str]:
    """Write the inside of the 837P sets named by `transactions`, in its order."""

    def columns(name: str, frame: pd.DataFrame) -> Columns:
        return Columns(name, frame, upper=upper, blanked=blanked)

    claims, of_set = rows_of("claims", frames, "transaction_seg", pd.Index(transactions["seg"]), optional=False)
    claims["is_dependent"] = _dependents(claims)
    order, of_set, levels = _tree(claims, of_set)
    claims = claims.iloc[order].reset_index(drop=True)
    billing, subscriber, patient = levels
    lines, of_claim = rows_of("service_lines", frames, "claim_seg", pd.Index(claims["seg"], dtype="int64"))

    first_of = [np.flatnonzero(np.append(True, level[1:] != level[:-1])) if len(level) else level for level in levels]
    places = preorder(
        [of_set[first_of[0]], billing[first_of[1]], subscriber[first_of[2]], patient, of_claim], len(transactions)
    )
    at_set, at_billing, at_subscriber, at_patient, at_claim, at_line = places
    dependent = claims["is_dependent"].to_numpy()[first_of[2]]
    numbers = _hierarchy_numbers(at_set, [at_billing, at_subscriber, at_patient[dependent]])

    document = Document()
    document.put(at_set, 0, _headers(columns("transactions", transactions)))
    heads = [columns("claims", claims.iloc[first]) for first in first_of]
    document.put(at_billing, 0, _billing(heads[0], numbers[0]))
    parents = numbers[0][billing[first_of[1]]]
    document.put(at_subscriber, 0, _subscribers(heads[1], numbers[1], parents))
    dependents = columns("claims", claims.iloc[first_of[2][dependent]])
    parents = numbers[1][subscriber[first_of[2][dependent]]]
    document.put(at_patient[dependent], 0, _patients(dependents, numbers[2], parents))
    document.put(at_claim, 0, _claims(columns("claims", claims)))

    others, number = rows_of("other_payers", frames, "claim_seg", pd.Index(claims["seg"], dtype="int64"))
    holders = columns("claims", claims.iloc[number])
    document.put(at_claim[number], 1, _other_payers(columns("other_payers", others), holders))
    document.put(at_line, 0, _lines(columns("service_lines", lines), of_claim))
    return document.texts(at_set)


def _dependents(claims: pd.DataFrame) -> pd.Series:
    if "relationship_code" in claims:
        return ~claims["relationship_code"].isin(["", "18"])
    if "patient_seg" in claims and "subscriber_seg" in claims:
        return (claims["patient_seg"] != claims["subscriber_seg"]) & (claims["patient_seg"] != 0)
    return pd.Series(False, index=claims.index)


def _tree(claims: pd.DataFrame, of_set: Integers) -> tuple[Integers, Integers, list[Integers]]:
    """Order claims by billing provider, subscriber and patient, each by first appearance; number the loops."""
    keys = claims.assign(of_set=of_set)

    def group(names: list[str]) -> Integers:
        present = [name for name in names if name in keys]
        numbers = keys.groupby(present, sort=False, dropna=False, observed=True).ngroup()
        return np.asarray(numbers.to_numpy(), dtype=np.int64)

    billing = group(["of_set", *_BILLING])
    keys["billing"] = billing
    subscriber = group(["billing", "is_dependent", *_SUBSCRIBER])
    keys["subscriber"] = subscriber
    keys["full"] = keys.groupby(["subscriber", *[n for n in _PATIENT if n in keys]], sort=False).cumcount()
    keys["full"] //= CLAIMS_PER_LOOP
    keys["split"] = np.where(keys["is_dependent"], 0, keys["full"])  # the patient who is the subscriber has no loop
    subscriber = group(["subscriber", "split"])
    keys["subscriber"] = subscriber
    patient = group(["subscriber", "full", *_PATIENT])
    patient = np.where(keys["is_dependent"], patient, -1 - subscriber)
    order: Integers = np.lexsort((np.arange(len(keys)), patient, subscriber, billing)).astype(np.int64)
    runs = []
    for level in (billing, subscriber, patient):
        ordered = level[order]
        change = np.append(False, ordered[1:] != ordered[:-1]) if len(ordered) else np.zeros(0, bool)
        runs.append(np.cumsum(change).astype(np.int64))
    return order, of_set[order], runs


def _hierarchy_numbers(at_set: Integers, levels: list[Integers]) -> list[Integers]:
    """Number the HLs 1, 2, 3... in document order, anew in each set."""
    every = np.sort(np.concatenate(levels))
    before = np.searchsorted(every, at_set)
    return [np.searchsorted(every, level) - before[np.searchsorted(at_set, level, "right") - 1] + 1 for level in levels]


def _headers(t: Columns) -> list[str]:
    return [
        f"BHT*0019*{purpose}*{batch or control}*{day}*{time}*{use}~"
        f"NM1*41*2*{sender}*****46*{sender_id}~{f'PER*IC*{contact}*TE*{phone}~' if phone else ''}"
        f"NM1*40*2*{receiver}*****46*{receiver_id}~"
        for purpose, batch, control, day, time, use, sender, sender_id, contact, phone, receiver, receiver_id in zip(
            t.text("purpose_code", "00"),
            t.text("batch_reference"),
            t.text("control_number"),
            t.date("batch_date"),
            t.text("batch_time", "0000"),
            t.text("claim_use_code", "CH"),
            t.names("submitter_name"),
            t.text("submitter_id"),
            t.names("submitter_contact"),
            t.text("submitter_phone"),
            t.names("receiver_name"),
            t.text("receiver_id"),
            strict=True,
        )
    ]


def _addresses(c: Columns, who: str) -> list[str]:
    return [
        f"{f'N3*{street}~' if street else ''}{f'N4*{city}*{state}*{code}~' if city else ''}"
        for street, city, state, code in zip(
            c.names(f"{who}_address"), c.names(f"{who}_city"), c.text(f"{who}_state"), c.text(f"{who}_zip"), strict=True
        )
    ]


def _demographics(births: list[str], genders: list[str]) -> list[str]:
    return [f"DMG*D8*{birth}*{gender}~" if birth else "" for birth, gender in zip(births, genders, strict=True)]


def _billing(c: Columns, numbers: Integers) -> list[str]:
    return [
        f"HL*{number}**20*1~{f'PRV*BI*PXC*{taxonomy}~' if taxonomy else ''}"
        f"NM1*85*2*{name}*****{f'XX*{npi}' if npi else ''}~{address}{f'REF*EI*{tax}~' if tax else ''}"
        for number, taxonomy, name, npi, address, tax in zip(
            numbers.tolist(),
            c.text("billing_taxonomy"),
            c.names("billing_name"),
            c.text("billing_npi"),
            _addresses(c, "billing"),
            c.text("billing_tax_id"),
            strict=True,
        )
    ]


def _subscribers(c: Columns, numbers: Integers, parents: Integers) -> list[str]:
    dependent = c.flags("is_dependent", default=False)
    births = c.date("subscriber_birth_date")
    genders = c.text("subscriber_gender")
    births = [own or born for own, born in zip(births, c.date("patient_birth_date"), strict=True)]
    genders = [own or other or "U" for own, other in zip(genders, c.text("patient_gender"), strict=True)]
    return [
        f"HL*{number}*{parent}*22*{int(child)}~SBR*{sequence}*{'' if child else 18}*{group}******{filing}~"
        f"NM1*IL*1*{last}*{first}****{f'MI*{member}' if member else ''}~{'' if child else address + birth}"
        f"NM1*PR*2*{payer}*****{f'PI*{code}' if code else ''}~"
        for number, parent, child, sequence, group, filing, last, first, member, address, birth, payer, code in zip(
            numbers.tolist(),
            parents.tolist(),
            dependent,
            c.text("payer_sequence", "P"),
            c.text("group_number"),
            c.text("filing_indicator_code"),
            c.names("subscriber_last_name"),
            c.names("subscriber_first_name"),
            c.text("member_id"),
            _addresses(c, "subscriber"),
            _demographics(births, genders),
            c.names("payer_name"),
            c.text("payer_code"),
            strict=True,
        )
    ]


def _patients(c: Columns, numbers: Integers, parents: Integers) -> list[str]:
    return [
        f"HL*{number}*{parent}*23*0~PAT*{relationship}~NM1*QC*1*{last}*{first}~{address}{birth}"
        for number, parent, relationship, last, first, address, birth in zip(
            numbers.tolist(),
            parents.tolist(),
            c.text("relationship_code", "21"),
            c.names("patient_last_name"),
            c.names("patient_first_name"),
            _addresses(c, "patient"),
            _demographics(c.date("patient_birth_date"), c.text("patient_gender", "U")),
            strict=True,
        )
    ]


def _claims(c: Columns) -> list[str]:
    return [
        f"CLM*{number}*{charge}***{place}:B:{frequency}*Y*A*Y*Y~"
        f"{f'AMT*F5*{paid}~' if paid else ''}{f'REF*G1*{permit}~' if permit else ''}"
        f"{f'REF*F8*{original}~' if original else ''}{_diagnoses(codes)}"
        f"{f'NM1*82*1*{last}*{first}****XX*{npi}~' if npi not in ('', billing) else ''}"
        f"{f'PRV*PE*PXC*{taxonomy}~' if taxonomy and npi not in ('', billing) else ''}"
        for number, charge, place, frequency, paid, permit, original, codes, last, first, npi, billing, taxonomy in zip(
            c.text("claim_number"),
            c.money("charge_cents"),
            c.text("facility_code", "11"),
            c.text("frequency_code", "1"),
            c.money("patient_paid_cents", zero=""),
            c.text("prior_authorization"),
            c.text("original_reference"),
            c.text("diagnosis_codes"),
            c.names("rendering_last_name"),
            c.names("rendering_first_name"),
            c.text("rendering_npi"),
            c.text("billing_npi"),
            c.text("rendering_taxonomy"),
            strict=True,
        )
    ]


def _diagnoses(codes: str) -> str:
    """Write up to twelve diagnoses: the first principal, the others in order; no decimal points."""
    return f"HI*ABK:{codes.replace('.', '').replace(' ', '*ABF:')}~" if codes else ""


def _other_payers(o: Columns, holders: Columns) -> list[str]:
    return [
        f"SBR*{sequence}*18*******{filing}~{f'AMT*D*{paid}~' if paid else ''}OI***Y***Y~"
        f"NM1*IL*1*{last}*{first}****{f'MI*{member}' if member else ''}~NM1*PR*2*{payer}*****PI*{payer_code}~"
        for sequence, filing, paid, last, first, member, payer, payer_code in zip(
            o.text("payer_sequence", "S"),
            o.text("filing_indicator_code"),
            o.money("paid_cents"),
            holders.names("subscriber_last_name"),
            holders.names("subscriber_first_name"),
            holders.text("member_id"),
            o.names("payer_name"),
            o.text("payer_code"),
            strict=True,
        )
    ]


def _lines(s: Columns, of_claim: Integers) -> list[str]:
    first = np.searchsorted(of_claim, of_claim, "left")
    ordinals = (np.arange(len(s)) - first + 1).astype(str).tolist()
    return [
        f"LX*{ordinal}~SV1*{kind}:{code}:{modifiers.replace(' ', ':')}*{charge}*{unit}*{units}*{place}**"
        f"{pointers.replace(' ', ':')}~"
        f"{f'DTP*472*D8*{start}~' if start and end in ('', start) else ''}"
        f"{f'DTP*472*RD8*{start}-{end}~' if start and end not in ('', start) else ''}"
        f"{f'REF*6R*{control}~' if control else ''}"
        for ordinal, kind, code, modifiers, charge, unit, units, place, pointers, start, end, control in zip(
            ordinals,
            s.text("procedure_qualifier", "HC"),
            s.text("procedure_code"),
            s.text("modifiers"),
            s.money("charge_cents"),
            s.text("unit_code", "UN"),
            s.quantity("units_milli"),
            s.text("place_of_service"),
            s.text("diagnosis_pointers"),
            s.date("service_date"),
            s.date("service_to_date"),
            s.text("line_control_number"),
            strict=True,
        )
    ]
