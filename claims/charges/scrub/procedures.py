"""S13, S16, S17 and S18: procedure codes and modifiers, and what a procedure asks for beside itself.

Which procedures are laboratory tests, mammographies or drugs, and which need an authorization, is master data.
"""

from __future__ import annotations

import re

import numpy as np

from claims.charges.scrub.columns import Flags, some
from claims.charges.scrub.work import Look, Work
from claims.findings import shown
from claims.identifiers import is_ndc

_FORMS = {"HC": re.compile(r"[A-Z0-9]{5}", re.ASCII), "AD": re.compile(r"D[0-9]{4}", re.ASCII)}
_MODIFIER = re.compile(r"[A-Z0-9]{2}", re.ASCII)
_MOST_MODIFIERS = 4
_CLIA = re.compile(r"[0-9]{2}D[0-9]{7}", re.ASCII)
_DRUG_UNITS = ("F2", "GR", "ME", "ML", "UN")
# What authorization_rules call it, the qualifier of its REF, and the edit.
_NEEDS = (("authorization", "G1", "S18a"), ("referral", "9F", "S18b"))


def look(work: Work) -> Look:
    """Check the form of procedure codes and modifiers."""
    code, modifiers = work.lines.coded("procedure_code"), work.lines.coded("modifiers")
    qualifier = work.lines.coded("procedure_qualifier")
    yield work.at_lines("S13b", code.are(("",)))
    for name, form in _FORMS.items():
        wrong = qualifier.are((name,)) & code.are(lambda text, form=form: text != "" and not form.fullmatch(text))  # type: ignore[misc]
        rows = np.flatnonzero(wrong)
        yield work.at_lines("S13c", rows, found=shown(code.texts(rows), 5))
    rows = np.flatnonzero(modifiers.are(lambda text: not _are_modifiers(text.split())))
    yield work.at_lines("S13d", rows, found=shown(modifiers.texts(rows), 14))


def _are_modifiers(words: list[str]) -> bool:
    is_good = len(words) <= _MOST_MODIFIERS and len(set(words)) == len(words)
    return is_good and all(_MODIFIER.fullmatch(word) for word in words)


def look_at_certificates(work: Work) -> Look:
    """Check that laboratory tests and mammographies name the certificate."""
    for trait, qualifier, edit_id in (("laboratory", "X4", "S16a"), ("mammography", "EW", "S16b")):
        mine = work.trait(trait) >= 0
        if mine.any():
            yield work.at_lines(edit_id, mine & ~_is_referred(work, qualifier))
    references = work.table("references")
    number = references.coded("reference")
    wrong = np.flatnonzero(
        references.coded("qualifier_code").are(("X4",)) & ~number.are(lambda t: bool(_CLIA.fullmatch(t)))
    )
    found = [f"{len(text)} characters" for text in number.texts(wrong)]
    yield work.at_claims("S16c", work.claim_of("references")[wrong], found=found)


def look_at_drugs(work: Work) -> Look:
    """Check that drugs have their NDC where the payer wants it, and that what is sent can be one."""
    drugs, line = work.table("drugs"), work.line_of("drugs")
    is_ndc_row = drugs.coded("qualifier_code").are(("N4",))
    wants = work.payer_number("needs_drug_code") > 0
    if wants.any():
        has = some(line[is_ndc_row & drugs.is_filled("code")], len(work.lines))
        yield work.at_lines("S17a", (work.trait("drug") >= 0) & np.append(wants, False)[work.claim] & ~has)
    code = drugs.coded("code")
    wrong = np.flatnonzero(is_ndc_row & ~code.are(is_ndc))
    yield work.at_lines("S17b", line[wrong], found=[f"{len(text)} characters" for text in code.texts(wrong)])
    if "unit_code" in drugs:
        lacking = ~drugs.coded("unit_code").are(_DRUG_UNITS) | (drugs.numbers("units_milli") <= 0)
        yield work.at_lines("S17c", line[lacking & is_ndc_row])


def look_at_authorizations(work: Work) -> Look:
    """Check that authorization and referral are named where a rule of master data wants them."""
    rules, lines = work.rules("authorization_rules"), work.lines
    if not len(rules):
        return
    payer = work.line_payer_code
    for need, qualifier, edit_id in _NEEDS:
        kind = rules.coded("needs").are((need,) if need != "authorization" else (need, ""))
        wanted = np.zeros(len(lines), np.bool_)
        for code in set(payer.values) & set(rules.coded("payer_code").values) | {""}:
            among = kind & rules.coded("payer_code").are((code,))
            found = rules.best("procedure_code", lines.coded("procedure_code"), work.line_day, among) >= 0
            wanted |= found & (payer.are((code,)) if code else True)
        has = _is_referred(work, qualifier)
        if qualifier == "G1":
            has |= lines.is_filled("prior_authorization")
            has |= np.append(work.claims.is_filled("prior_authorization"), False)[work.claim]
        rows = np.flatnonzero(wanted & ~has)
        yield work.at_lines(edit_id, rows, found=shown(lines.coded("procedure_code").texts(rows), 5))


def _is_referred(work: Work, qualifier: str) -> Flags:
    """Tell which lines have a REF with the qualifier, of their own or of their claim."""
    on_claim, on_line = work.has_reference(qualifier)
    found: Flags = on_line | np.append(on_claim, False)[work.claim]
    return found
