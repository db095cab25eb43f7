"""S05, S06 and S09: NPIs, taxonomy codes, tax numbers and member ids that are missing or of the wrong form."""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from claims.charges.scrub.columns import Coded, Flags, Integers, together
from claims.charges.scrub.work import Found, Look, Work
from claims.identifiers import has_npi_form, is_medicare_id, is_npi, is_tax_id, is_taxonomy, npi_check_digit

# Columns of claims begin with these names; where each stands in a professional, institutional and dental claim.
PROVIDERS = {
    "billing": ("2010AA", "2010AA", "2010AA"),
    "attending": ("", "2310A", ""),
    "operating": ("", "2310B", ""),
    "other_operating": ("", "2310C", ""),
    "referring": ("2310A", "2310F", "2310A"),
    "rendering": ("2310B", "2310D", "2310B"),
    "facility": ("2310C", "2310E", "2310C"),
    "supervising": ("2310D", "", "2310E"),
    "assistant": ("", "", "2310D"),
}
_MEDICARE = ("MA", "MB")


def look_at_npis(work: Work) -> Look:
    """Check the NPIs of claims, and of providers of lines."""
    claims, kind = work.claims, work.claims.coded("kind")
    yield work.at_claims("S05a", ~claims.is_filled("billing_npi"))
    for name, loops in PROVIDERS.items():
        npi = claims.coded(f"{name}_npi")
        wrong = np.flatnonzero(npi.are(lambda text: text != "" and not is_npi(text)))
        loop = [loops["PID".find(one)] for one in kind.texts(wrong)]
        yield _wrong_npi(work.at_claims("S05b", wrong), npi.texts(wrong), loop)
    parties, line = work.table("parties"), work.line_of("parties")
    npi = parties.coded("identifier")
    is_wrong = parties.coded("identifier_qualifier").are(("XX",)) & ~npi.are(is_npi) & (line >= 0)
    wrong = np.flatnonzero(is_wrong)
    yield _wrong_npi(work.at_lines("S05b", line[wrong]), npi.texts(wrong), parties.coded("loop").texts(wrong))


def _wrong_npi(place: Found, texts: list[str], loops: list[str]) -> Found:
    elements = [f"NM109 of {loop[-6:]}" if loop else "NM109" for loop in loops]
    has_form = [has_npi_form(text) for text in texts]
    found = [f"check digit {t[9]}" if good else f"{len(t)} characters" for t, good in zip(texts, has_form, strict=True)]
    asked = [npi_check_digit(t) if good else "ten digits" for t, good in zip(texts, has_form, strict=True)]
    return place._replace(element=elements, found=found, expected=asked)


def look_at_names(work: Work) -> Look:
    """Compare the names of payers and providers with those that master data has for their codes."""
    claims, payers, providers = work.claims, work.rules("payers"), work.rules("providers")
    code, days = work.payer_code, work.first_day
    payer = payers.find({"payer_code": code}, days)
    yield work.at_claims("S05d", _differ(claims.coded("payer_name"), payers.coded("payer_name"), payer))
    for name, loops in PROVIDERS.items():
        column = {"billing": "billing_name", "facility": "facility_name"}.get(name, f"{name}_last_name")
        if name == "facility" or not claims.is_filled(column).any():
            continue
        provider = providers.find({"npi": claims.coded(f"{name}_npi")}, days)
        wrong = np.flatnonzero(_differ(claims.coded(column), providers.coded("last_name"), provider))
        loop = [loops["PID".find(one)] for one in claims.coded("kind").texts(wrong)]
        yield work.at_claims("S05c", wrong, [f"NM103 of {one}" if one else "NM103" for one in loop])


def _differ(stated: Coded, known: Coded, row: Integers) -> Flags:
    """Tell which names are others than those of rows of master data (-1 for none); case and signs do not count."""
    pairs, names = together([stated, known.take(row)])
    distinct = np.array([bool(a and b) and _plain(a) != _plain(b) for a, b in names], np.bool_)
    found: Flags = distinct[pairs]
    return found


def _plain(name: str) -> str:
    return "".join(letter for letter in name.upper() if letter.isalnum())


def look_at_taxonomies(work: Work) -> Look:
    """Check taxonomy codes and the billing provider's tax number."""
    claims = work.claims
    for name in PROVIDERS:
        code = claims.coded(f"{name}_taxonomy")
        wrong = np.flatnonzero(code.are(lambda text: text != "" and not is_taxonomy(text)))
        yield work.at_claims("S06a", wrong, found=[f"{len(text)} characters" for text in code.texts(wrong)])
    stated, line = work.table("taxonomies"), work.line_of("taxonomies")
    code = stated.coded("code")
    wrong = np.flatnonzero(stated.coded("qualifier_code").are(("PXC",)) & ~code.are(is_taxonomy) & (line >= 0))
    yield work.at_lines("S06a", line[wrong], found=[f"{len(text)} characters" for text in code.texts(wrong)])
    yield work.at_claims("S06b", (work.payer_number("needs_taxonomy") > 0) & ~claims.is_filled("billing_taxonomy"))
    tax_id = claims.coded("billing_tax_id")
    wrong = np.flatnonzero(~tax_id.are(is_tax_id))
    yield work.at_claims("S06c", wrong, found=[f"{len(text)} characters" for text in tax_id.texts(wrong)])


def look_at_members(work: Work) -> Look:
    """Check that the member id is there, and has the payer's form or Medicare's."""
    member = work.claims.coded("member_id")
    is_there = ~member.are(("",))
    yield work.at_claims("S09a", ~is_there)
    pattern = work.payer_says("member_id_pattern")
    for text in pattern.values:
        if text:
            mine = pattern.are((text,)) & is_there
            yield _members("S09b", work, member, mine & ~_fits(member, mine, text))
    medicare = work.claims.coded("filing_indicator_code").are(_MEDICARE) & pattern.are(("",)) & is_there
    if medicare.any():
        yield _members("S09c", work, member, medicare & ~member.are(is_medicare_id))


def _fits(member: Coded, mine: Flags, pattern: str) -> Flags:
    form = _form(pattern)
    asked = np.zeros(len(member.values), np.bool_)
    asked[member.at[mine]] = True
    tests = [bool(form.fullmatch(value)) if ask else True for value, ask in zip(member.values, asked, strict=True)]
    return np.array(tests, np.bool_)[member.at]


@cache
def _form(pattern: str) -> re.Pattern[str]:
    """Compile a pattern; master data takes none that cannot be, and one that is all the same fits everything."""
    try:
        return re.compile(pattern)
    except re.error:
        return re.compile(".*")


def _members(edit_id: str, work: Work, member: Coded, wrong: Flags) -> Found:
    rows = np.flatnonzero(wrong)
    return work.at_claims(edit_id, rows, found=[f"{len(text)} characters" for text in member.texts(rows)])
