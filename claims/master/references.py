"""Master data as a whole: gaps and references that lead nowhere on a day, as rows with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from claims import codes
from claims.master.columns import columns
from claims.master.master import Master


class Gap(NamedTuple):
    """One gap: of which kind of row, its key (never a member's), what is missing, and what to do."""

    code: str
    kind: str
    key: str
    message: str
    next_step: str


def gaps(master: Master, day: int) -> pd.DataFrame:
    """List what is missing or leads nowhere on `day`."""
    at = {kind: master.at(kind, day) for kind in columns()}
    found = [gap for check in _CHECKS for gap in check(at)]
    return pd.DataFrame(found, columns=list(Gap._fields)).astype("str")


Rows = dict[str, pd.DataFrame]


def _each(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _nothing_known(at: Rows) -> Iterator[Gap]:
    for kind in ("payers", "partners", "providers"):
        if at[kind].empty:
            yield Gap("none", kind, "", f"there are no {kind}", f"claims master template {kind}, fill it, import it")


def _unknown_references(at: Rows) -> Iterator[Gap]:
    """A row names a payer, partner or provider that has no row."""
    known = {
        "payers": {"", *at["payers"]["payer_code"]},
        "partners": {"", *at["partners"]["partner_code"]},
        "providers": {"", *at["providers"]["npi"]},
    }
    names = {
        "payer_code": "payers",
        "crossover_payer_code": "payers",
        "partner_code": "partners",
        "billing_npi": "providers",
        "rendering_npi": "providers",
    }
    for kind, rows in at.items():
        for column, target in names.items():
            if column not in rows or (kind, column) in (("payers", "payer_code"), ("partners", "partner_code")):
                continue
            # Fees that several contracts take their percentage of stand under a name that is nobody's.
            named = set(at["contract_terms"]["schedule"]) if kind == "fee_schedules" else set()
            unknown = rows.loc[~rows[column].isin(known[target] | named), column]
            for value, count in unknown.value_counts().sort_index().items():
                message = f"{count} row(s) of {kind} name in {column} what {target} does not have"
                yield Gap("unknown-reference", kind, str(value), message, f"add it to {target}, or correct {column}")


def _partners(at: Rows) -> Iterator[Gap]:
    used = set(at["payers"]["partner_code"])
    for row in _each(at["partners"]):
        if row["usage_code"] == "T":
            message = "is in test mode: files to it say T, and nobody pays for them"
            yield Gap("partner-test-mode", "partners", row["partner_code"], message, "usage_code P when it said go")
        if row["partner_code"] not in used:
            yield Gap("partner-unused", "partners", row["partner_code"], "no payer is sent through it", "")


def _payers(at: Rows) -> Iterator[Gap]:
    limits = codes.table("filing_limits")
    unset = set(limits.loc[(limits["event"] == "first_filing") & (limits["days"] == ""), "payer_type"])
    for row in _each(at["payers"]):
        if row["payer_type"] in unset and not row["filing_limit_days"]:
            message = f"a payer of type {row['payer_type']} has no usual filing limit, and no filing_limit_days"
            yield Gap("payer-without-limit", "payers", row["payer_code"], message, "fill filing_limit_days")
        if not row["filing_indicator_code"]:
            message = "has no filing_indicator_code: each charge must say it"
            yield Gap("payer-without-indicator", "payers", row["payer_code"], message, "fill filing_indicator_code")


def _places(at: Rows) -> Iterator[Gap]:
    """Whoever bills needs an address with nine digits of ZIP and a tax number; a facility the ZIP."""
    billing = set(at["enrolments"]["billing_npi"])
    providers = at["providers"]
    for row in _each(providers[providers["npi"].isin(billing) | (providers["tax_id"] != "")]):
        lacking = [name for name in ("tax_id", "address") if not row[name]]
        if lacking:
            message = f"bills, and has no {' and no '.join(lacking)}"
            yield Gap("provider-incomplete", "providers", row["npi"], message, f"fill {', '.join(lacking)}")
        if row["address"] and len(row["zip"]) != 9:
            message = "bills, and its zip has not nine digits"
            yield Gap("zip-not-nine", "providers", row["npi"], message, "fill zip with nine digits")
    for row in _each(at["facilities"]):
        if len(row["zip"]) != 9:
            yield Gap(
                "zip-not-nine", "facilities", row["npi"], "its zip has not nine digits", "fill zip with nine digits"
            )


def _taxonomies(at: Rows) -> Iterator[Gap]:
    wanting = at["payers"].loc[at["payers"]["needs_taxonomy"], "payer_code"].tolist()
    providers = at["providers"]
    bills = (providers["tax_id"] != "") & (providers["taxonomy"] == "")
    for npi in providers.loc[bills, "npi"].tolist() if wanting else []:
        message = f"bills, and has no taxonomy; {', '.join(wanting)} want(s) it"
        yield Gap("taxonomy-missing", "providers", npi, message, "fill taxonomy")


def _enrolments(at: Rows) -> Iterator[Gap]:
    """Each provider that bills is enrolled with each payer; each other provider belongs to one that bills."""
    enrolments, providers = at["enrolments"], at["providers"]
    bills = set(providers.loc[providers["tax_id"] != "", "npi"]) | set(enrolments["billing_npi"])
    own = enrolments[enrolments["rendering_npi"] == ""]
    enrolled = set(zip(own["billing_npi"], own["payer_code"], strict=True))
    for npi in sorted(bills):
        for payer in at["payers"]["payer_code"].tolist():
            if not {(npi, payer), (npi, "")} & enrolled:
                message = f"bills, and is not enrolled with {payer}"
                yield Gap("enrolment-missing", "providers", npi, message, "add it to enrolments, with its first day")
    belongs = bills | set(enrolments["rendering_npi"])
    for npi in sorted(set(providers["npi"]) - belongs):
        message = "neither bills (no tax_id) nor belongs to a provider who does"
        yield Gap("provider-without-group", "providers", npi, message, "add it to enrolments as rendering_npi")


def _contracts(at: Rows) -> Iterator[Gap]:
    """A term takes its fees from a schedule that has none."""
    terms = at["contract_terms"]
    terms = terms[terms["method"] == "percent_of_schedule"]
    named = terms["schedule"].where(terms["schedule"] != "", terms["payer_code"])
    for row, schedule in zip(_each(terms), named.tolist(), strict=True):
        if schedule not in set(at["fee_schedules"]["payer_code"]):
            message = f"the term {row['term']} takes its fees from {schedule}, which has none in fee_schedules"
            yield Gap("schedule-without-fees", "contract_terms", row["payer_code"], message, "add fees, or correct it")


_CHECKS: tuple[Callable[[Rows], Iterator[Gap]], ...] = (
    _nothing_known,
    _unknown_references,
    _partners,
    _payers,
    _places,
    _taxonomies,
    _enrolments,
    _contracts,
)
