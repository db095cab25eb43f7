"""Remittance frames in, the inside of 835 transaction sets out: one text per set, from after ST to before SE.

Frames: `remittances`, `claim_payments`, `service_payments`, `adjustments`, `remarks`, `provider_adjustments` and those
that all sets have, as in docs/frames.md. Columns beside those, all optional: remittances `payer_address payer_city
payer_state payer_zip payer_contact payer_phone payer_bank_routing payer_bank_account payee_address payee_city
payee_state payee_zip payee_bank_routing payee_bank_account receiver_id`; those of claims stand in write_payments. A
conformant file needs the payer's address and contact.
"""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from claims.x12.numbers import Flags, Integers
from claims.x12.write_columns import Columns
from claims.x12.write_content import Content
from claims.x12.write_payments import payment_texts
from claims.x12.write_pieces import (
    Part,
    choice,
    differ,
    either,
    filled,
    gathered,
    joined,
    negated,
    numbered,
    optional,
    same,
    segment_starts,
    spread,
    when,
    whole_numbers,
)
from claims.x12.write_rest import Owners, Rest
from claims.x12.write_who import address, contact

_PER_SEGMENT = 6


def bodies(content: Content, transactions: Columns) -> Part:
    """Write the inside of the 835 sets named by `transactions`, in its order."""
    sets, rest = transactions.integers("seg"), Rest(content, is_remittance=True)
    remits, of_remit = content.children("remittances", "transaction_seg", sets, optional=False)
    claims, of_claim = content.children("claim_payments", "transaction_seg", sets)
    provider, of_provider = content.children("provider_adjustments", "transaction_seg", sets)
    with_claims = np.bincount(of_claim, minlength=len(sets))[of_remit] > 0
    head = joined(_header(remits, rest), _payer(remits, rest), _payee(remits, rest), when(with_claims, "LX*1~"))
    return joined(
        gathered(head, of_remit, len(sets)),
        gathered(payment_texts(content, claims, rest), of_claim, len(sets)),
        gathered(_provider_adjustments(provider, of_provider), of_provider, len(sets)),
    )


def _header(r: Columns, rest: Rest) -> Part:
    owners = Owners("transaction", r.integers("transaction_seg"))
    rest.take("dates", "header", ("405",), owners)
    if "receiver_id" in r:
        rest.take("references", "header", ("EV",), owners)
    side, amount = r.text("credit_debit_code", "C"), r.money("payment_cents")
    # A debit is below zero in the frame; BPR02 leaves the sign to BPR03.
    amount = choice(same(side, "D"), pc.utf8_ltrim(spread(amount, len(r)), "-"), amount)
    return joined(
        "BPR*", r.text("handling_code", "I"), "*", amount, "*", side,
        "*", r.text("method_code", "NON"), "*", _banks(r), "*", r.date("payment_date"),
        "~TRN*1*", r.text("trace_number"), "*", r.text("payer_identifier"), "*", r.text("trace_supplemental"), "~",
        optional("CUR*PR*", r.text("currency_code")), optional("REF*EV*", r.text("receiver_id")),
        rest.at("header", owners, "REF"), optional("DTM*405*", r.date("production_date")),
        rest.at("header", owners),
    )  # fmt: skip


def _banks(r: Columns) -> Part:
    """Write BPR05 to BPR15: both accounts, or no more than who pays."""
    from_bank, to_bank, origin = r.text("payer_bank_routing"), r.text("payee_bank_routing"), r.text("originator_id")
    transfer = joined(
        "CCP*01*", from_bank, "*DA*", r.text("payer_bank_account"), "*", either(origin, r.text("payer_identifier")),
        "**01*", to_bank, "*DA*", r.text("payee_bank_account"),
    )  # fmt: skip
    return choice(filled(from_bank) & filled(to_bank), transfer, joined("*****", origin, "*****"))


def _payer(r: Columns, rest: Rest) -> Part:
    owners = Owners("transaction", r.integers("transaction_seg"))
    code = r.text("payer_code")
    row = rest.take("parties", "1000A", ("PR",), owners)
    has_own = filled(row.text("identifier"))
    rest.take("references", "1000A", ("2U",), owners, negated(has_own))
    is_other = filled(code) & differ(code, r.text("payer_identifier")) & negated(has_own)
    name, own = r.names("payer_name"), when(has_own, "*", row.text("identifier_qualifier"), "*", code)
    return joined(
        when(rest.is_named(row, name), "N1*PR*", name, own, "~"),
        address(r, "payer", rest, "1000A", owners), when(is_other, "REF*2U*", code, "~"),
        rest.at("1000A", owners), contact(r, "payer", "BL", rest, "1000A", owners),
    )  # fmt: skip


def _payee(r: Columns, rest: Rest) -> Part:
    owners = Owners("transaction", r.integers("transaction_seg"))
    identifier, tax = r.text("payee_identifier"), r.text("payee_tax_id")
    row = rest.take("parties", "1000B", ("PE",), owners)
    name, own = r.names("payee_name"), when(filled(identifier), r.text("payee_qualifier", "XX"), "*", identifier)
    is_other = filled(tax) & differ(tax, identifier)
    rest.take("references", "1000B", ("TJ",), owners, is_other)
    return joined(
        when(rest.is_named(row, name, identifier), "N1*PE*", name, "*", own, "~"),
        address(r, "payee", rest, "1000B", owners), when(is_other, "REF*TJ*", tax, "~"), rest.at("1000B", owners),
    )  # fmt: skip


def _provider_adjustments(p: Columns, owner: Integers) -> Part:
    """Write PLB pairs, up to six to a segment as long as provider and fiscal date stay the same."""
    if not len(p):
        return ""
    provider, day = p.text("provider_identifier"), p.date("fiscal_period_date")
    run = numbered(provider, day, whole_numbers(owner), rows=len(p))
    begins: Flags = np.append(True, run[1:] != run[:-1])
    opens = segment_starts(begins, _PER_SEGMENT)
    return joined(
        when(opens, "PLB*", provider, "*", day), "*", p.text("reason_code"), ":", p.text("reference"), "*",
        p.money("amount_cents"), when(np.append(opens[1:], True), "~"),
    )  # fmt: skip
