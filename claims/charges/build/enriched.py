"""What the content of claims leaves open is filled in from the master data of the service day; what it says stays."""

from __future__ import annotations

import pandas as pd

from claims.charges.build import dental, institutional, professional
from claims.charges.build.look_up import Frames, LookUp, filled_in, rows_for, text

_ADDRESS = ("address", "city", "state", "zip")
# Providers of a claim beside the billing one; whose taxonomy a set of some kind has a place for.
_ROLES = ("rendering", "attending", "operating", "other_operating", "referring", "assistant", "supervising")
_KINDS = {"P": professional, "I": institutional, "D": dental}


def enriched(frames: Frames, master: LookUp) -> dict[str, pd.DataFrame]:
    """Give the frames with names, addresses, numbers and codes filled in, and payers named as the receiver wants it."""
    claims = frames["claims"]
    days = claims["statement_from_date"]
    payers = rows_for(master, "payers", "payer_code", claims["payer_code"], days)
    claims = _payer(claims, payers)
    billing = rows_for(master, "providers", "npi", claims["billing_npi"], days)
    claims = _billing(claims, billing, payers["needs_taxonomy"])
    for role in _ROLES:
        if f"{role}_npi" in claims and (claims[f"{role}_npi"] != "").any():
            claims = _provider(claims, role, master, payers["needs_taxonomy"])
    facilities = rows_for(master, "facilities", "npi", text(claims, "facility_npi"), days)
    claims = filled_in(claims, {"facility_name": facilities["name"], **_addresses("facility", facilities)})
    result = {**frames, "claims": claims, **_other_payers(frames, master, claims)}
    for kind, module in _KINDS.items():
        is_kind = claims["kind"] == kind
        if is_kind.any():
            result = module.completed(result, is_kind, master, billing, facilities)
    return result


def _addresses(who: str, rows: pd.DataFrame, prefix: str = "") -> dict[str, pd.Series]:
    return {f"{who}_{part}": rows[f"{prefix}{part}"] for part in _ADDRESS}


def _payer(claims: pd.DataFrame, payers: pd.DataFrame) -> pd.DataFrame:
    claims = filled_in(claims, {"payer_name": payers["payer_name"]})
    claims = filled_in(claims, {"filing_indicator_code": payers["filing_indicator_code"]})
    claims = filled_in(claims, {"payer_qualifier": payers["payer_identifier_qualifier"]})
    return claims.assign(payer_code=_identifiers(claims["payer_code"], payers))


def _identifiers(codes: pd.Series, payers: pd.DataFrame) -> pd.Series:
    """Name payers by the id that the receiver wants."""
    return codes.where(payers["payer_identifier"] == "", payers["payer_identifier"])


def _billing(claims: pd.DataFrame, rows: pd.DataFrame, needs_taxonomy: pd.Series) -> pd.DataFrame:
    """Fill the billing provider in; a taxonomy is sent where the payer needs it, or the content says one."""
    is_silent = text(claims, "billing_address") == ""
    is_person = rows["entity_type"] == "1"
    first = rows["first_name"].where(is_person, "")
    claims = filled_in(claims, {"billing_name": rows["last_name"], "billing_first_name": first})
    claims = filled_in(claims, _addresses("billing", rows))
    claims = filled_in(claims, {"billing_tax_id": rows["tax_id"], "billing_tax_qualifier": rows["tax_id_qualifier"]})
    same_number = claims["billing_tax_id"] == rows["tax_id"]
    claims = filled_in(claims, {"billing_tax_qualifier": rows["tax_id_qualifier"]}, where=same_number)
    claims = filled_in(claims, {"billing_taxonomy": rows["taxonomy"]}, where=needs_taxonomy)
    claims = filled_in(claims, {"billing_contact": rows["contact_name"], "billing_phone": rows["contact_phone"]})
    # Content that says where the provider is also says where payments go.
    return filled_in(claims, _addresses("pay_to", rows, "pay_to_"), where=is_silent)


def _provider(claims: pd.DataFrame, role: str, master: LookUp, needs_taxonomy: pd.Series) -> pd.DataFrame:
    rows = rows_for(master, "providers", "npi", claims[f"{role}_npi"], claims["statement_from_date"])
    names = {f"{role}_last_name": rows["last_name"], f"{role}_first_name": rows["first_name"]}
    claims = filled_in(claims, names)
    holders = [module.TAXONOMIES for module in _KINDS.values()]
    has_place = claims["kind"].isin([kind for kind, roles in zip(_KINDS, holders, strict=True) if role in roles])
    return filled_in(claims, {f"{role}_taxonomy": rows["taxonomy"]}, where=needs_taxonomy & has_place)


def _other_payers(frames: Frames, master: LookUp, claims: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Name other payers, and whose the adjudications of lines are, as the receiver wants it: both must be the same."""
    day_of = claims.set_index("seg")["statement_from_date"]
    found: dict[str, pd.DataFrame] = {}
    for name in ("other_payers", "other_payer_lines"):
        rows = frames.get(name)
        if rows is None or rows.empty:
            continue
        days = pd.Series(day_of.reindex(rows["claim_seg"]).to_numpy(), index=rows.index)
        payers = rows_for(master, "payers", "payer_code", rows["payer_code"], days)
        if name == "other_payers":
            rows = filled_in(rows, {"payer_name": payers["payer_name"]})
            rows = filled_in(rows, {"filing_indicator_code": payers["filing_indicator_code"]})
        found[name] = rows.assign(payer_code=_identifiers(rows["payer_code"], payers))
    return found
