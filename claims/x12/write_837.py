"""Claim frames in, the inside of 837 transaction sets (professional, institutional, dental) out: from ST to SE.

Frames: `claims`, `service_lines`, `other_payers` and all others that reading an 837 gives, as in docs/frames.md.
Columns beside those, all optional, stand here and in write_claims, write_diagnoses, write_providers, write_lines and
write_other_payers:

- transactions `batch_reference` (BHT03), `batch_date`, `batch_time`, `purpose_code`, `claim_use_code`,
  `submitter_name submitter_id submitter_contact submitter_phone receiver_name receiver_id`;
- claims `billing_address billing_city billing_state billing_zip billing_taxonomy billing_contact billing_phone`,
  `billing_first_name` (a person), `billing_tax_qualifier` (EI, SY), `pay_to_address pay_to_city pay_to_state
  pay_to_zip` (2010AB), `payer_qualifier` (PI, XV),
  `subscriber_address subscriber_city subscriber_state subscriber_zip subscriber_birth_date subscriber_gender`,
  `patient_address patient_city patient_state patient_zip patient_gender`, `relationship_code`, `group_number`,
  `group_name`, `insurance_type_code` (SBR05).

A conformant file needs the billing provider's address and, for whoever is the patient, address, birth date and gender.
The patient is a dependent when `relationship_code` is neither empty nor 18, or when `patient_seg` differs from
`subscriber_seg`.
"""

from __future__ import annotations

import numpy as np

from claims.x12.numbers import Flags
from claims.x12.write_claims import claim_texts
from claims.x12.write_columns import Columns
from claims.x12.write_content import Content
from claims.x12.write_levels import Level, Levels, levels
from claims.x12.write_parties import identified
from claims.x12.write_pieces import (
    Part,
    Texts,
    choice,
    differ,
    either,
    filled,
    flags,
    gathered,
    joined,
    optional,
    when,
    whole_numbers,
)
from claims.x12.write_rest import Owners, Rest
from claims.x12.write_who import address, contact, demographics, named


def bodies(content: Content, transactions: Columns, kind: str) -> Part:
    """Write the inside of the sets named by `transactions`, in its order; `kind` is P, I or D."""
    sets = transactions.integers("seg")
    claims, of_set = content.children("claims", "transaction_seg", sets, optional=False)
    found = levels(claims, of_set)
    claims, rest = claims.at(found.order), Rest(content)
    texts = gathered(claim_texts(content, claims, rest, kind), found.of_claim, len(found.patient.rows))
    patients = joined(_patients(content, claims, found, rest), texts)
    texts = gathered(patients, found.patient.parent, len(found.subscriber.rows))
    subscribers = joined(_subscribers(content, claims, found, rest), texts)
    texts = gathered(subscribers, found.subscriber.parent, len(found.billing.rows))
    billing = joined(_billing(claims.at(found.billing.rows), found.billing, rest), texts)
    headers = _headers(transactions, Owners("transaction", sets), rest)
    return joined(headers, gathered(billing, found.billing.parent, len(sets)))


def _headers(t: Columns, owners: Owners, rest: Rest) -> Part:
    sender, receiver = rest.take("parties", "1000A", ("41",), owners), rest.take("parties", "1000B", ("40",), owners)
    return joined(
        "BHT*0019*", t.text("purpose_code", "00"), "*", either(t.text("batch_reference"), t.text("control_number")),
        "*", t.date("batch_date"), "*", t.text("batch_time", "0000"), "*", t.text("claim_use_code", "CH"), "~",
        rest.at("header", owners),
        _end(t, "submitter", "41", sender, rest),
        contact(t, "submitter", "IC", rest, "1000A", owners), rest.at("1000A", owners),
        _end(t, "receiver", "40", receiver, rest), rest.at("1000B", owners),
    )  # fmt: skip


def _end(t: Columns, who: str, qualifier: str, row: Columns, rest: Rest) -> Part:
    """Write a sender or receiver; what the set does not say stands in its row of `parties`."""
    name = either(t.names(f"{who}_name"), row.names("last_name"))
    identifier = either(t.text(f"{who}_id"), row.text("identifier"))
    kind = row.text("identifier_qualifier", "46")
    number = joined(kind, "*", identifier)
    return when(
        rest.is_named(row, name, identifier), named(row, qualifier, "2", name, row.names("first_name"), number, rest)
    )


def _billing(c: Columns, level: Level, rest: Rest) -> Part:
    owners = Owners("level", c.integers("billing_seg"))
    row = rest.take("parties", "2010AA", ("85",), owners)
    taxonomy: Part = ""
    if "billing_taxonomy" in c:
        told = rest.take("taxonomies", "2000A", ("BI",), owners)
        kind = told.text("qualifier_code", "PXC")
        taxonomy = optional(joined("PRV*BI*", kind, "*"), c.text("billing_taxonomy"))
    tax = rest.take("references", "2010AA", ("EI", "SY"), owners)
    # An identifier that is no NPI stands in `parties` alone.
    npi = c.text("billing_npi")
    other = when(differ(row.text("identifier_qualifier"), "XX"), row.text("identifier"))
    identifier = choice(filled(npi), joined("XX*", npi), identified(row, "24", other))
    name, first = c.names("billing_name"), either(c.names("billing_first_name"), row.names("first_name"))
    kind = choice(filled(first), "1", "2")
    of_tax = either(tax.text("qualifier_code"), c.text("billing_tax_qualifier", "EI"))
    return joined(
        "HL*", whole_numbers(level.number), "**20*1~", taxonomy, rest.at("2000A", owners),
        when(rest.is_named(row, name, identifier), named(row, "85", kind, name, first, identifier, rest)),
        address(c, "billing", rest, "2010AA", owners),
        rest.with_read("REF", optional(joined("REF*", of_tax, "*"), c.text("billing_tax_id")), tax.integers("seg")),
        rest.at("2010AA", owners, "REF"), contact(c, "billing", "IC", rest, "2010AA", owners),
        rest.at("2010AA", owners),
        _pay_to(c, kind, owners, rest),
        rest.at("2010AB", owners), rest.at("2010AC", owners),
    )  # fmt: skip


def _pay_to(c: Columns, kind: Part, owners: Owners, rest: Rest) -> Part:
    """Write where payments go; a loop that was read stays as it was where the columns say nothing."""
    if "pay_to_address" not in c:
        return ""
    is_told = flags(filled(c.names("pay_to_address")), len(c))
    told = Owners("level", np.where(is_told, owners.keys, 0))
    return when(is_told, "NM1*87*", kind, "~", address(c, "pay_to", rest, "2010AB", told))


def _subscribers(content: Content, claims: Columns, found: Levels, rest: Rest) -> Part:
    level = found.subscriber
    c = claims.at(level.rows)
    owners = Owners("level", c.integers("subscriber_seg"))
    person = rest.take("parties", "2010BA", ("IL",), owners)
    payer = rest.take("parties", "2010BB", ("PR",), owners)
    last, first = c.names("subscriber_last_name"), c.names("subscriber_first_name")
    member = identified(person, "MI", c.text("member_id"))
    name, code = c.names("payer_name"), identified(payer, c.text("payer_qualifier", "PI"), c.text("payer_code"))
    told = content.matching("patients", "hl_seg", owners.keys)
    child = _has_child(found)
    birth, gender = c.date("subscriber_birth_date"), c.text("subscriber_gender")
    birth = choice(child, birth, either(birth, c.date("patient_birth_date")))
    gender = choice(child, gender, either(gender, c.text("patient_gender")))
    return joined(
        "HL*", whole_numbers(level.number), "*", whole_numbers(found.billing.number[level.parent]), "*22*",
        choice(child, "1", "0"), "~",
        rest.over("SBR", joined(
            "SBR*", c.text("payer_sequence", "P"), "*", choice(child, "", "18"), "*", c.text("group_number"), "*",
            c.names("group_name"), "*", c.text("insurance_type_code"), "****", c.text("filing_indicator_code"), "~",
        ), "2000B", owners),
        _patient(told, told.text("relationship_code"), rest), rest.at("2000B", owners),
        when(rest.is_named(person, last, first, member), named(person, "IL", "1", last, first, member, rest)),
        address(c, "subscriber", rest, "2010BA", owners, ~child),
        demographics(birth, gender, rest, "2010BA", owners, ~child), rest.at("2010BA", owners),
        when(rest.is_named(payer, name, code), named(payer, "PR", "2", name, payer.names("first_name"), code, rest)),
        rest.at("2010BB", owners),
    )  # fmt: skip


def _patient(row: Columns, relationship: Part, rest: Rest) -> Part:
    """Write PAT; one that was read may say nothing but a weight."""
    died, is_read = row.date("death_date"), (row.integers("seg") > 0) & rest.knows("other_segments")
    built = joined("PAT*", relationship, optional("****D8*", died, ""), "~")
    return rest.with_read("PAT", when(filled(relationship) | filled(died) | is_read, built), row.integers("seg"))


def _has_child(found: Levels) -> Flags:
    child = np.zeros(len(found.subscriber.rows), np.bool_)
    child[found.patient.parent[found.has_level]] = True
    return child


def _patients(content: Content, claims: Columns, found: Levels, rest: Rest) -> Texts | str:
    level = found.patient
    c = claims.at(level.rows)
    owners = Owners("level", np.where(found.has_level, c.integers("patient_seg"), 0))
    row = rest.take("parties", "2010CA", ("QC",), owners)
    told = content.matching("patients", "hl_seg", owners.keys)
    relationship = either(either(c.text("relationship_code"), told.text("relationship_code")), "21")
    last, first = c.names("patient_last_name"), c.names("patient_first_name")
    birth, gender = c.date("patient_birth_date"), c.text("patient_gender")
    member = optional(joined(row.text("identifier_qualifier"), "*"), row.text("identifier"), "")
    return when(
        found.has_level,
        "HL*", whole_numbers(level.number), "*", whole_numbers(found.subscriber.number[level.parent]), "*23*0~",
        _patient(told, relationship, rest), rest.at("2000C", owners),
        when(rest.is_named(row, last, first), named(row, "QC", "1", last, first, member, rest)),
        address(c, "patient", rest, "2010CA", owners), demographics(birth, gender, rest, "2010CA", owners),
        rest.at("2010CA", owners),
    )  # fmt: skip
