"""Remittance frames in, the inside of 835 transaction sets out: one text per set, from after ST to before SE.

Frames: `remittances`, `claim_payments`, `service_payments`, `adjustments`, `remarks`, `provider_adjustments` as in
docs/frames.md. Columns beside those, all optional: remittances `payer_address payer_city payer_state payer_zip
payer_contact payer_phone payer_bank_routing payer_bank_account payee_address payee_city payee_state payee_zip
payee_bank_routing payee_bank_account receiver_id`; claim_payments `original_reference` (REF*F8), `interest_cents`
(AMT*I), `coverage_cents` (AMT*AU). A conformant file needs the payer's address and contact.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.x12.write_text import Columns, Document, Frames, Integers, preorder, rows_of

# Slots at a claim and at a service payment, in the order of the guide.
CLAIM, CLAIM_ADJUSTMENTS, CLAIM_REST = 0, 1, 2
SERVICE, SERVICE_ADJUSTMENTS, SERVICE_REST, SERVICE_REMARKS = 0, 1, 2, 3
LAST = Document.SLOTS - 1


def bodies(frames: Frames, transactions: pd.DataFrame, *, upper: bool = True, blanked: str = "*:^~") -> list[str]:
    """Write the inside of the 835 sets named by `transactions`, in its order."""

    def columns(name: str, frame: pd.DataFrame) -> Columns:
        return Columns(name, frame, upper=upper, blanked=blanked)

    remits, of_remit = rows_of("remittances", frames, "transaction_seg", pd.Index(transactions["seg"]), optional=False)
    claims, of_claim = rows_of("claim_payments", frames, "transaction_seg", pd.Index(transactions["seg"]))
    claim_keys = pd.Index(claims["seg"] if len(claims) else [], dtype="int64")
    services, of_service = rows_of("service_payments", frames, "claim_seg", claim_keys)
    service_keys = pd.Index(services["seg"] if len(services) else [], dtype="int64")
    sets, at_claim, at_service = preorder([of_claim, of_service], len(transactions))
    ends = np.append(sets[1:], len(transactions) + len(claims) + len(services)) - 1

    document = Document()
    with_claims = np.bincount(of_claim, minlength=len(transactions))[of_remit] > 0
    document.put(sets[of_remit], 0, _headers(columns("remittances", remits), with_claims.tolist()))
    payments = columns("claim_payments", claims)
    document.put(at_claim, CLAIM, _claims(payments))
    document.put(at_claim, CLAIM_REST, _claim_rest(payments, _claim_remarks(frames, claim_keys, upper=upper)))
    lines = columns("service_payments", services)
    document.put(at_service, SERVICE, _services(lines))
    document.put(at_service, SERVICE_REST, _service_rest(lines))

    for owner, keys, places, slot in (
        ("service_seg", service_keys, at_service, SERVICE_ADJUSTMENTS),
        ("claim_seg", claim_keys, at_claim, CLAIM_ADJUSTMENTS),
    ):
        adjustments, number = rows_of("adjustments", _own_level(frames, owner), owner, keys)
        order = _by_group(adjustments, number)
        adjustments, number = adjustments.iloc[order], number[order]
        document.put(places[number], slot, _adjustments(columns("adjustments", adjustments), number))

    remarks, number = rows_of("remarks", frames, "service_seg", service_keys)
    codes = columns("remarks", remarks).text("remark_code")
    document.put(at_service[number], SERVICE_REMARKS, [f"LQ*HE*{code}~" for code in codes])

    plb, number = rows_of("provider_adjustments", frames, "transaction_seg", pd.Index(transactions["seg"]))
    document.put(ends[number], LAST, _provider_adjustments(columns("provider_adjustments", plb), number))
    return document.texts(sets)


def _headers(r: Columns, with_claims: list[bool]) -> list[str]:
    banks = [
        f"CCP*01*{pr}*DA*{pa}*{origin or trn}**01*{er}*DA*{ea}" if pr and er else f"*****{origin}*****"
        for pr, pa, er, ea, origin, trn in zip(
            r.text("payer_bank_routing"),
            r.text("payer_bank_account"),
            r.text("payee_bank_routing"),
            r.text("payee_bank_account"),
            r.text("originator_id"),
            r.text("payer_identifier"),
            strict=True,
        )
    ]
    payments = [
        f"BPR*{handling}*{amount}*{sign}*{method}*{bank}*{day}~TRN*1*{trace}*{payer}*{more}~"
        f"{f'CUR*PR*{currency}~' if currency else ''}{f'REF*EV*{receiver}~' if receiver else ''}"
        f"{f'DTM*405*{made}~' if made else ''}"
        for handling, amount, sign, method, bank, day, trace, payer, more, currency, receiver, made in zip(
            r.text("handling_code", "I"),
            r.money("payment_cents"),
            r.text("credit_debit_code", "C"),
            r.text("method_code", "NON"),
            banks,
            r.date("payment_date"),
            r.text("trace_number"),
            r.text("payer_identifier"),
            r.text("trace_supplemental"),
            r.text("currency_code"),
            r.text("receiver_id"),
            r.date("production_date"),
            strict=True,
        )
    ]
    payers = [
        f"N1*PR*{name}~{address}{f'REF*2U*{code}~' if code and code != trn else ''}"
        f"{f'PER*BL*{contact}*TE*{phone}~' if phone else ''}"
        for name, address, code, trn, contact, phone in zip(
            r.names("payer_name"),
            _addresses(r, "payer"),
            r.text("payer_code"),
            r.text("payer_identifier"),
            r.names("payer_contact"),
            r.text("payer_phone"),
            strict=True,
        )
    ]
    payees = [
        f"N1*PE*{name}*{qualifier}*{identifier}~{address}"
        f"{f'REF*TJ*{tax}~' if tax and tax != identifier else ''}{'LX*1~' if claims else ''}"
        for name, qualifier, identifier, address, tax, claims in zip(
            r.names("payee_name"),
            r.text("payee_qualifier", "XX"),
            r.text("payee_identifier"),
            _addresses(r, "payee"),
            r.text("payee_tax_id"),
            with_claims,
            strict=True,
        )
    ]
    return ["".join(parts) for parts in zip(payments, payers, payees, strict=True)]


def _addresses(r: Columns, who: str) -> list[str]:
    return [
        f"{f'N3*{street}~' if street else ''}{f'N4*{city}*{state}*{code}~' if city else ''}"
        for street, city, state, code in zip(
            r.names(f"{who}_address"),
            r.names(f"{who}_city"),
            r.text(f"{who}_state"),
            r.text(f"{who}_zip"),
            strict=True,
        )
    ]


def _claims(c: Columns) -> list[str]:
    return [
        f"CLP*{number}*{status}*{charge}*{paid}*{share}*{filing}*{icn}*{facility}*{frequency}~"
        for number, status, charge, paid, share, filing, icn, facility, frequency in zip(
            c.text("claim_number", "0"),
            c.text("status_code"),
            c.money("charge_cents"),
            c.money("paid_cents"),
            c.money("patient_responsibility_cents", zero=""),
            c.text("filing_indicator_code"),
            c.text("payer_claim_number"),
            c.text("facility_code"),
            c.text("frequency_code"),
            strict=True,
        )
    ]


def _claim_rest(c: Columns, remarks: list[str]) -> list[str]:
    return [
        f"NM1*QC*1*{last}*{first}****{f'MI*{member}' if member else ''}~{remark}"
        f"{f'REF*F8*{original}~' if original else ''}"
        f"{f'DTM*232*{start}~' if start else ''}{f'DTM*233*{end}~' if end else ''}"
        f"{f'DTM*050*{received}~' if received else ''}"
        f"{f'AMT*AU*{coverage}~' if coverage else ''}{f'AMT*I*{interest}~' if interest else ''}"
        for last, first, member, remark, original, start, end, received, coverage, interest in zip(
            c.names("patient_last_name"),
            c.names("patient_first_name"),
            c.text("member_id"),
            remarks,
            c.text("original_reference"),
            c.date("statement_from_date"),
            c.date("statement_to_date"),
            c.date("received_date"),
            c.money("coverage_cents"),
            c.money("interest_cents", zero=""),
            strict=True,
        )
    ]


def _services(s: Columns) -> list[str]:
    return [
        f"SVC*{_procedure(kind, code, modifiers)}*{charge}*{paid}*{revenue if kind != 'NU' else ''}*{units}*"
        f"{_procedure(kind, billed, billed_modifiers) if billed else ''}~"
        f"{f'DTM*472*{start}~' if start and end in ('', start) else ''}"
        f"{f'DTM*150*{start}~DTM*151*{end}~' if start and end not in ('', start) else ''}"
        for kind, code, modifiers, charge, paid, revenue, units, billed, billed_modifiers, start, end in zip(
            s.text("procedure_qualifier", "HC"),
            s.text("procedure_code"),
            s.text("modifiers"),
            s.money("charge_cents"),
            s.money("paid_cents"),
            s.text("revenue_code"),
            s.quantity("paid_units_milli"),
            s.text("submitted_procedure_code"),
            s.text("submitted_modifiers"),
            s.date("service_date"),
            s.date("service_to_date"),
            strict=True,
        )
    ]


def _procedure(kind: str, code: str, modifiers: str) -> str:
    return f"{kind}:{code}:{modifiers.replace(' ', ':')}"


def _service_rest(s: Columns) -> list[str]:
    return [
        f"{f'REF*6R*{control}~' if control else ''}{f'AMT*B6*{allowed}~' if allowed else ''}"
        for control, allowed in zip(s.text("line_control_number"), s.money("allowed_cents"), strict=True)
    ]


def _own_level(frames: Frames, owner: str) -> Frames:
    """Keep a service's adjustments for the service level and the claim's own (no service) for the claim level."""
    if owner == "service_seg" or "adjustments" not in frames or "service_seg" not in frames["adjustments"]:
        return frames
    frame = frames["adjustments"]
    return {"adjustments": frame[frame["service_seg"] == 0]}


def _by_group(adjustments: pd.DataFrame, number: Integers) -> Integers:
    """Order the adjustments of each owner by group code, groups by first appearance: one CAS per group."""
    if not len(adjustments):
        return np.zeros(0, np.int64)
    group = pd.MultiIndex.from_arrays([number, adjustments["group_code"]]).factorize()[0]
    return np.lexsort((np.arange(len(group)), group)).astype(np.int64)


def _adjustments(a: Columns, number: Integers) -> list[str]:
    """Write reason, amount and quantity; six to a CAS, which opens with the first and closes with the last."""
    if not len(a):
        return []
    groups = a.text("group_code")
    run = pd.MultiIndex.from_arrays([number, groups]).factorize()[0]
    first_of_run = np.flatnonzero(np.append(True, run[1:] != run[:-1]))
    within = np.arange(len(run)) - np.repeat(first_of_run, np.diff(np.append(first_of_run, len(run))))
    opens = within % 6 == 0
    closes = np.append(opens[1:], True)
    quantities = a.quantity("quantity_milli")
    return [
        f"{f'CAS*{group}' if opening else '' if before else '*'}*{reason}*{amount}"
        f"{f'*{quantity}' if quantity else ''}{'~' if closing else ''}"
        for group, reason, amount, quantity, before, opening, closing in zip(
            groups,
            a.text("reason_code"),
            a.money("amount_cents"),
            quantities,
            ["", *quantities[:-1]],
            opens.tolist(),
            closes.tolist(),
            strict=True,
        )
    ]


def _claim_remarks(frames: Frames, claim_keys: pd.Index, *, upper: bool) -> list[str]:
    """Write the MIA or MOA of each claim from its remarks; `ordinal` is the element that holds the code."""
    result = np.full(len(claim_keys), "", dtype=object)
    remarks, number = rows_of("remarks", frames, "claim_seg", claim_keys)
    if not len(remarks):
        return result.tolist()
    for source, first in (("MIA", "0"), ("MOA", "")):  # MIA01, covered days, may not be absent
        kept = np.flatnonzero(remarks["source"] == source)
        owners, place = np.unique(number[kept], return_inverse=True)
        elements = np.full((len(owners), 25), "", dtype=object)
        elements[:, :2] = source, first
        codes = Columns("remarks", remarks.iloc[kept], upper=upper).text("remark_code")
        elements[place, remarks["ordinal"].to_numpy()[kept]] = codes
        result[owners] += ["*".join(row) + "~" for row in elements.tolist()]
    return result.tolist()


def _provider_adjustments(p: Columns, number: Integers) -> list[str]:
    """Write PLB pairs, up to six to a segment as long as provider and fiscal date stay the same."""
    if not len(p):
        return []
    providers, dates = p.text("provider_identifier"), p.date("fiscal_period_date")
    run = pd.MultiIndex.from_arrays([number, providers, dates]).factorize()[0]
    starts = np.flatnonzero(np.append(True, run[1:] != run[:-1]))
    within = np.arange(len(run)) - np.repeat(starts, np.diff(np.append(starts, len(run))))
    opens = within % 6 == 0
    closes = np.append(opens[1:], True)
    return [
        f"{f'PLB*{provider}*{day}' if opening else ''}*{reason}:{reference}*{amount}{'~' if closing else ''}"
        for provider, day, reason, reference, amount, opening, closing in zip(
            providers,
            dates,
            p.text("reason_code"),
            p.text("reference"),
            p.money("amount_cents"),
            opens.tolist(),
            closes.tolist(),
            strict=True,
        )
    ]
