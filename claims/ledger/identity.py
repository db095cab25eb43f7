"""Business identity of payments and claims: facts of the file in, the key that says "the same one again" out.

Envelope control numbers are no identity: payers restart them and clearing houses rewrite them.
"""

from __future__ import annotations

from hashlib import sha256

import pandas as pd

from claims.identifiers import normal_trace


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
