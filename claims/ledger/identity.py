"""Business identity of payments and claims: facts of the file in, the key that says "the same one again" out.

Envelope control numbers are no identity: payers restart them and clearing houses rewrite them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import sha256

import pandas as pd

from claims.identifiers import has_npi_form, is_tax_id, normal_trace


def _hashed(columns: list[pd.Series]) -> pd.Series:
    joined = columns[0].astype("str")
    for column in columns[1:]:
        joined = joined + "\x1f" + column.astype("str")
    return pd.Series([sha256(text.encode()).hexdigest() for text in joined.tolist()], index=joined.index, dtype="str")


def normal_payer_identifier(identifiers: pd.Series) -> pd.Series:
    """TRN03 without its leading 1: some payers send the bare tax id."""
    plain = identifiers.str.replace(r"[^0-9A-Za-z]", "", regex=True).str.upper()
    return plain.where((plain.str.len() != 10) | ~plain.str.startswith("1"), plain.str[1:])


def payer_codes(remittances: pd.DataFrame) -> pd.Series:
    """Code of each payer; its name where it gives no number of its own, so that no two payers are taken for one."""
    named = remittances["payer_name"].str.upper().str.split().str.join(" ").str.slice(0, 80)
    return remittances["payer_code"].where(remittances["payer_code"] != "", named)


def remit_keys(remittances: pd.DataFrame) -> pd.Series:
    """Key of each payment: payer, trace number, amount, date, payee; the content too when no money moves.

    `remittances`: payer_identifier (else payer_code, payer_name), trace_number, payment_cents, payment_date,
    payee_identifier, method_code, body_hash. Trace numbers count as they do for the bank (`normal_trace`): what one
    deposit can be of is one payment. That of a payment without money need not be unique.
    """
    known = remittances["payer_identifier"] != ""
    payer = normal_payer_identifier(remittances["payer_identifier"])
    unnamed = remittances["payer_code"].where(remittances["payer_code"] != "", remittances["payer_name"].str.upper())
    no_money = (remittances["method_code"] == "NON") | (remittances["payment_cents"] == 0)
    return _hashed(
        [
            payer.where(known, unnamed),
            normal_trace(remittances["trace_number"]),
            remittances["payment_cents"],
            remittances["payment_date"],
            remittances["payee_identifier"],
            remittances["body_hash"].where(no_money, ""),
        ]
    )


def common_payees(remittances: pd.DataFrame, tax_numbers: Mapping[str, Collection[str]]) -> pd.Series[str]:
    """Give the payee of each payment, alike where one copy names it by its tax number and another one by its NPI.

    `remittances`: what `remit_keys` takes, and payee_tax_id. Copies agree in all else that makes a key. `tax_numbers`:
    those that master data know of an NPI; beside them stands that of the remittance itself (REF*TJ). An NPI with other
    tax numbers is another payee; one without any may be the same, and is, until somebody says otherwise.
    """
    own = remittances["payee_identifier"]
    is_tax, is_npi = own.map(is_tax_id).astype("bool"), own.map(has_npi_form).astype("bool")
    payment = remit_keys(remittances.assign(payee_identifier=""))
    sides = is_tax.groupby(payment).transform("any") & is_npi.groupby(payment).transform("any")
    found = own.copy()
    for _, rows in remittances[sides & (is_tax | is_npi)].groupby(payment):
        named = sorted(set(own[rows.index][is_tax[rows.index]]))
        npis = rows[is_npi[rows.index]]
        for npi, told in npis.groupby("payee_identifier")["payee_tax_id"]:
            known = {*tax_numbers.get(str(npi), ()), *told} - {""}
            same = [number for number in named if number in known or not known]
            if same:
                found[told.index] = same[0]
    return found


def keys_of_chosen(remittances: pd.DataFrame) -> pd.Series:
    """Key of each remittance that a person lets stand in the place of another of its payment: its content, too.

    `remittances`: remit_key, body_hash. So its journals and exceptions are no other's.
    """
    return _hashed([remittances["remit_key"], remittances["body_hash"]])


def claim_keys(claims: pd.DataFrame) -> pd.Series:
    """Key of each claim version: billing NPI, claim number, payer, frequency.

    The number counts in capitals, as it is sent: two that differ in their case only are one on the wire.
    """
    number = claims["claim_number"].str.upper()
    return _hashed([claims["billing_npi"], number, claims["payer_code"], claims["frequency_code"]])
