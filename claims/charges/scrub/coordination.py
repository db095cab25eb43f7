"""S19: other payers that are to pay first; what they decided must be told, as they told it, and add up.

Per earlier payer, in cents: the claim = paid + all adjustments; each line = paid + its adjustments; paid = its lines
less the adjustments of the claim. A payer that was not asked (AMT*A8) has decided nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.charges.scrub.columns import Flags, Integers, matches, some, sums
from claims.charges.scrub.work import Look, Work
from claims.money import amount

_PAYERS, _LINES, _CAS = "other_payers", "other_payer_lines", "other_payer_adjustments"
_ORDER = "PSTABCDEFGH"
_TAKEN_BACK = "22"
_NOT_DECIDED, _FORWARDED = (_TAKEN_BACK, "23", "25"), ("19", "20", "21")


def look(work: Work) -> Look:
    """Check the claims of later payers, and what is said of earlier ones."""
    sequence = work.claims.coded("payer_sequence").each(_rank)
    payers, lines = work.table(_PAYERS), work.table(_LINES)
    claim, count = work.claim_of(_PAYERS), len(payers)
    yield work.at_claims("S19a", (sequence > 0) & ~some(claim, len(sequence)))
    if not count:
        return
    svd_payer = _named(work)
    paid, is_paid = payers.numbers("paid_cents"), payers.is_there("paid_cents")
    not_asked = payers.is_there("noncovered_cents")
    has_lines = some(svd_payer, count)
    is_earlier = (claim >= 0) & (payers.coded("payer_sequence").each(_rank) < np.append(sequence, 0)[claim])
    yield work.at_claims("S19b", claim[is_earlier & ~is_paid & ~not_asked & ~has_lines])

    svd_paid, svd_line = lines.numbers("paid_cents"), work.line_of(_LINES)
    cas_svd, cas_payer = _owners(work, svd_payer)
    cents = work.table(_CAS).numbers("amount_cents")
    of_lines = cas_svd >= 0
    of_claim = sums(np.where(of_lines, -1, cas_payer), cents, count)
    all_lines = sums(np.where(of_lines, cas_payer, -1), cents, count)
    known = (claim >= 0) & ~not_asked
    decided = known & (is_paid | has_lines)
    charge = np.append(work.claims.numbers("charge_cents"), 0)[claim]
    yield from _off(work, "S19c", claim, decided, paid + of_claim + all_lines, charge)
    yield from _off(work, "S19e", claim, known & has_lines, paid, sums(svd_payer, svd_paid, count) - of_claim)

    explained = svd_paid + sums(cas_svd, cents, len(lines))
    own = np.flatnonzero((svd_line >= 0) & (svd_payer >= 0) & np.append(known, False)[svd_payer])
    key, distinct = pd.factorize(svd_line[own] * count + svd_payer[own])
    total, line = sums(key, explained[own], len(distinct)), distinct // count
    billed = work.lines.numbers("charge_cents")[line]
    wrong = np.flatnonzero(total != billed)
    texts = [[amount(one) for one in values[wrong].tolist()] for values in (total, billed)]
    yield work.at_lines("S19d", line[wrong], "SVD02", *texts)

    lost = np.flatnonzero((svd_payer < 0) & (svd_line >= 0))
    yield work.at_lines("S19f", svd_line[lost], "SVD01")
    code = payers.coded("payer_code")
    again = (
        pd.Series(claim * max(len(code.values), 1) + code.at).duplicated().to_numpy() & ~code.are(("",)) & (claim >= 0)
    )
    yield work.at_claims("S19f", claim[again], "NM109 of 2330B")


def look_at_remittances(work: Work) -> Look:
    """Compare what a claim says of earlier payers with what they said themselves."""
    said, payers = work.adjudications, work.table(_PAYERS)
    if not len(said) or not len(payers):
        return
    own = payers.frame[["claim_seg", "payer_sequence"]].assign(row=np.arange(len(payers)))
    both = own.merge(said, on=["claim_seg", "payer_sequence"])
    stands = ~both["status_code"].isin(_NOT_DECIDED)
    decided = both[stands].groupby("row")[["paid_cents", "share_cents"]].sum()
    rows, claim = decided.index.to_numpy(np.int64), work.claim_of(_PAYERS)
    is_paid = payers.is_there("paid_cents")
    paid, theirs = payers.numbers("paid_cents"), decided["paid_cents"].to_numpy(np.int64)
    yield from _off(work, "S19g", claim[rows], is_paid[rows], paid[rows], theirs)
    forwarded = both.loc[both["status_code"].isin(_FORWARDED), "row"].drop_duplicates().to_numpy(np.int64)
    yield work.at_claims("S19h", claim[forwarded])
    svd_payer = _named(work)
    tells = is_paid | some(svd_payer, len(payers))
    gone = np.setdiff1d(both.loc[both["status_code"] == _TAKEN_BACK, "row"].to_numpy(np.int64), rows)
    yield work.at_claims("S19i", claim[gone[tells[gone]]])
    cas = work.table(_CAS)
    share = np.where(cas.coded("group_code").are(("PR",)), cas.numbers("amount_cents"), 0)
    shares = sums(_owners(work, svd_payer)[1], share, len(payers))
    yield from _off(work, "S19j", claim[rows], tells[rows], shares[rows], decided["share_cents"].to_numpy(np.int64))


def _rank(sequence: str) -> int:
    return _ORDER.find(sequence) if len(sequence) == 1 else -1


def _named(work: Work) -> Integers:
    """Return the row of other_payers that each SVD names, -1 for none."""
    payers, lines = work.table(_PAYERS), work.table(_LINES)
    names = pd.Index(payers.coded("payer_code").values, dtype="str")
    theirs = names.get_indexer(pd.Index(lines.coded("payer_code").values, dtype="str"))[lines.coded("payer_code").at]
    line_claim = np.append(work.claim, -1)[work.line_of(_LINES)]
    asked = np.where((theirs >= 0) & (line_claim >= 0), line_claim * len(names) + theirs, -1)
    keys, first = np.unique(work.claim_of(_PAYERS) * len(names) + payers.coded("payer_code").at, return_index=True)
    return np.append(first, -1)[matches(keys, asked)]


def _owners(work: Work, svd_payer: Integers) -> tuple[Integers, Integers]:
    """Return for each adjustment its row of other_payer_lines, -1 for one of the claim; and its payer's row."""
    cas, lines, payers = work.table(_CAS), work.table(_LINES), work.table(_PAYERS)
    seg, on_line = cas.numbers("seg"), cas.numbers("service_seg") > 0
    svd = _last(lines.numbers("seg"), lines.numbers("service_seg"), seg, cas.numbers("service_seg"))
    payer = _last(payers.numbers("seg"), payers.numbers("claim_seg"), seg, cas.numbers("claim_seg"))
    for column, parent, found in (("other_payer_line_seg", lines, svd), ("other_payer_seg", payers, payer)):
        told = cas.numbers(column)
        stated = matches(parent.numbers("seg"), np.where(told > 0, told, -1))
        np.copyto(found, stated, where=told > 0)
    svd = np.where(on_line, svd, -1)
    return svd, np.where(svd >= 0, np.append(svd_payer, -1)[svd], np.where(on_line, -1, payer))


def _last(parents: Integers, parent_owner: Integers, children: Integers, child_owner: Integers) -> Integers:
    """Return the row of the last parent before each child that has the same owner, -1 for none; all are `seg`."""
    if not len(parents):
        return np.full(len(children), -1, np.int64)
    order = np.argsort(parents, kind="stable")
    row = order[np.maximum(np.searchsorted(parents[order], children) - 1, 0)]
    return np.where((parents[row] <= children) & (parent_owner[row] == child_owner), row, -1)


def _off(work: Work, edit_id: str, claim: Integers, asked: Flags, found: Integers, expected: Integers) -> Look:
    rows = np.flatnonzero(asked & (found != expected))
    texts = [[amount(one) for one in values[rows].tolist()] for values in (found, expected)]
    yield work.at_claims(edit_id, claim[rows], "", *texts)
