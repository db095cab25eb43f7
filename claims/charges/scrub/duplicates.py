"""S22: services that were sent before, stand twice among those to send, or whose answer is here already.

A service is the same when patient, payer, providers, day, procedure, modifiers and charge are.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.charges.scrub.columns import Coded, Integers, Table, matches, numbered
from claims.charges.scrub.days import iso
from claims.charges.scrub.work import Look, Work

_OF_CLAIM = ("member_id", "patient_first_name", "billing_npi", "rendering_npi")
_OF_LINE = ("procedure_code", "modifiers")
_CORRECTS = ("7", "8", "Q")
# A claim in one of these is no longer, or not yet, with the payer.
_NOT_SENT = ("draft", "blocked", "ready", "rejected", "withdrawn", "replaced", "voided")


def look(work: Work) -> Look:
    """Check first claims; a replacement repeats its services."""
    is_first = work.claims.coded("frequency_code").are(lambda text: text not in _CORRECTS)
    rows = np.flatnonzero(np.append(is_first, False)[work.claim])
    code, day = work.lines.coded("procedure_code"), work.line_day
    again = rows[_repeated(work, rows)]
    yield work.at_lines("S22b", again, found=[str(one) for one in day[again].tolist()], expected=code.texts(again))
    if len(work.history):
        sent = rows[_sent(work, rows)]
        yield work.at_lines("S22a", sent, found=[str(one) for one in day[sent].tolist()], expected=code.texts(sent))
    if len(work.answered):
        known = Table(work.answered)
        claim = matches(work.claims.numbers("seg"), known.numbers("claim_seg"))
        at = np.flatnonzero((claim >= 0) & np.append(is_first, False)[claim])
        remit, paid = (known.numbers(name)[at] for name in ("remit_id", "paid_date"))
        yield work.at_claims("S22c", claim[at], "", [str(one) for one in remit.tolist()], iso(paid))


def _repeated(work: Work, rows: Integers) -> Integers:
    """Return the places of lines that another line before them is the same as."""
    numbers = [
        work.on_lines(work.claims.numbers("patient_birth_date")),
        work.line_day,
        work.lines.numbers("charge_cents"),
    ]
    parts = (
        [work.line_payer_code]
        + [work.of_lines(name) for name in _OF_CLAIM]
        + [work.lines.coded(name) for name in _OF_LINE]
    )
    parts += [Coded(*_places(values)) for values in numbers]
    at = numbered([Coded(part.at[rows], part.values) for part in parts])
    return np.flatnonzero(pd.Series(at).duplicated().to_numpy())


def _places(values: Integers) -> tuple[Integers, list[str]]:
    at, distinct = pd.factorize(values)
    return np.asarray(at, np.int64), [""] * len(distinct)


def _sent(work: Work, rows: Integers) -> Integers:
    """Return the places of lines that stand in the history; only those of members in it are put together."""
    history = work.history
    history = history[~history["life"].isin(_NOT_SENT)]
    member = work.of_lines("member_id")
    known = np.flatnonzero(member.are(set(history["member_id"].tolist()))[rows])
    if not len(known):
        return known
    mine = rows[known]
    own = pd.DataFrame({name: work.of_lines(name).texts(mine) for name in _OF_CLAIM})
    own["payer_code"] = work.line_payer_code.texts(mine)
    for name in _OF_LINE:
        own[name] = work.lines.coded(name).texts(mine)
    own["patient_birth_date"] = work.on_lines(work.claims.numbers("patient_birth_date"))[mine]
    own["service_date"], own["charge_cents"] = work.line_day[mine], work.lines.numbers("charge_cents")[mine]
    keys = [name for name in own.columns if name in history]
    own["place"], own["own_claim_id"] = known, work.on_lines(work.claims.numbers("claim_id"))[mine]
    both = own.merge(history[[*keys, "claim_id"]], on=keys)
    both = both[both["claim_id"] != both["own_claim_id"]]
    return np.unique(both["place"].to_numpy(np.int64))
