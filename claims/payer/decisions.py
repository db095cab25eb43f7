"""One part of a claim file through a payer: its frames and the payer's books in; 277CA statuses and payments out.

Payments are rows of the 835 frames that belong to no remittance yet: each says who pays whom and when (`payer`,
`payee`, `mailbox`, numbers of the directories in the books, and `pay_day`), and what the truth is about it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims.payer import front_end, reviews
from claims.payer.adjudicate import Frames, joined
from claims.payer.books import Books
from claims.payer.cycles import DAYS_TO_PAY, day_numbers, next_cycle
from claims.payer.draws import Integers, Keys, draws, keys
from claims.payer.facts import claim_keys, gathered
from claims.payer.issue import issued
from claims.payer.onward import crossovers
from claims.payer.takebacks import reverse
from claims.payer.terms import payer_terms, rate, table

DAYS_WITHOUT_INTEREST = 30
INTEREST_PERCENT = 12  # a year
_AGAIN = ["7", "8"]

# Gives the payments that stand of claims, by their sequence numbers.
Archive = Callable[[Integers], Frames]


class Decided(NamedTuple):
    """Claims with their status, the payments (835 frames), and what is to be recovered later (books.RECOVERIES).

    `ugly` of a claim names the mode that refused it; `forced` the reviews that were asked for and found a claim.
    """

    claims: pd.DataFrame
    payments: Frames
    recoveries: pd.DataFrame
    forced: list[str]


def decided(frames: Frames, books: Books, seed: int, archive: Archive, force: Sequence[str] = ()) -> Decided:
    """Edit and decide the claims of a part, which have `received_date` and the columns of `books.mailboxes`.

    `force` names ugly modes: reviews (`reviews.FORCED`) and `front_end.REJECTED`.
    """
    frames = {**frames, "service_lines": _dated(frames)}
    claims = _addressed(frames["claims"], books)
    terms = _terms(claims, books, seed)
    key = claim_keys(claims, seed)
    again = claims["frequency_code"].isin(_AGAIN).to_numpy()
    old_key = keys(claims["payer_code"], claims["original_reference"])
    old = np.where(again, books.numbers.of(old_key), 0)
    is_known = (old > 0) & ~pd.Series(np.where(old > 0, old, -1 - np.arange(len(old)))).duplicated().to_numpy()
    verdict = front_end.edited(claims, frames, is_known, key, is_ugly=front_end.REJECTED in force)
    accepted = (verdict["edit"] == "").to_numpy()
    claims = claims.assign(**{name: verdict[name].to_numpy() for name in verdict.columns}, old_sequence=old)
    claims["sequence"] = 0
    claims.loc[accepted, "sequence"] = books.take_sequence(int(accepted.sum()))
    number = terms["icn_prefix"] + claims["sequence"].astype(str).str.zfill(9)
    claims["payer_claim_number"] = number.where(accepted, "")
    claims["pay_day"] = _pay_days(claims, terms, key)

    parts: list[Frames] = []
    if (replaced := accepted & again).any():
        earlier = archive(claims["old_sequence"].to_numpy(np.int64)[replaced])
        claims = _not_before(claims, replaced, earlier, terms)
        parts.append(_taken_back(claims[replaced], earlier, books))
    kept = accepted & (claims["frequency_code"] != "8").to_numpy()
    if not kept.any():
        return Decided(claims, joined(parts) if parts else {}, books.recoveries.iloc[:0], [])
    claims_kept, terms_kept = claims[kept].reset_index(drop=True), terms[kept].reset_index(drop=True)
    first, work = _first_decision(claims_kept, frames, terms_kept, key[kept], books, seed)
    onward = crossovers(claims_kept, work, first, frames, seed)
    if len(onward.claims):
        first = onward.marked
        parts.append(_second_payer(onward.claims, onward.work, books, seed))
    wanted = [name for name in force if name in reviews.FORCED]
    reviewed = reviews.reviewed(first, claims_kept, work, terms_kept["weekday"].to_numpy(np.int64), books, seed, wanted)
    every = joined([*parts, reviewed.first, *reviewed.later])
    _enter_numbers(every["claim_payments"], books)
    return Decided(claims, every, reviewed.recoveries, reviewed.forced)


def _addressed(claims: pd.DataFrame, books: Books) -> pd.DataFrame:
    """Say who pays, who is paid and through which mailbox.

    A payer without a code is known by its name, a provider whose NPI does not check by its tax number.
    """
    claims = claims.sort_values("seg", kind="stable").reset_index(drop=True)
    code = claims["payer_code"].where(claims["payer_code"] != "", claims["payer_name"])
    claims["payer_code"] = code.where(code != "", "UNKNOWN")
    tax = claims["billing_tax_id"].str.replace("-", "")
    claims["billing_tax_id"] = tax.where(tax.str.fullmatch("[0-9]{9}"), "")
    is_odd = ~front_end.is_npi(claims["billing_npi"]) & (claims["billing_tax_id"] != "").to_numpy()
    claims["billing_npi"] = claims["billing_npi"].mask(is_odd, "")
    claims["filing_indicator_code"] = _answered(claims["filing_indicator_code"])
    return claims.assign(
        payer=books.payers.numbers(claims), payee=books.payees.numbers(claims), mailbox=books.mailboxes.numbers(claims)
    )


def _dated(frames: Frames) -> pd.DataFrame:
    """Give lines without a day the one on which the appliance was placed (DTP*452), as orthodontic claims have it."""
    lines, dates = frames["service_lines"], frames["dates"]
    is_open = lines["service_date"] == 0
    placed = dates[(dates["qualifier_code"] == "452") & (dates["service_seg"] == 0)].drop_duplicates("claim_seg")
    if not is_open.any() or placed.empty:
        return lines
    day = placed.set_index("claim_seg")["date"].reindex(lines["claim_seg"], fill_value=0).to_numpy(np.int64)
    return lines.assign(
        service_date=np.where(is_open, day, lines["service_date"]),
        service_to_date=np.where(is_open, day, lines["service_to_date"]),
    )


def _answered(sent: pd.Series) -> pd.Series:
    """Give CLP06 for SBR09: the 835 has not all kinds of coverage that the 837 has."""
    answer = table("filing_indicators").set_index("sent")["answered"]
    return sent.map(answer).fillna(sent).where(sent != "", "ZZ").astype("str")


def _terms(claims: pd.DataFrame, books: Books, seed: int) -> pd.DataFrame:
    return payer_terms(books.payers.frame(), seed).take(claims["payer"].to_numpy()).reset_index(drop=True)


def _pay_days(claims: pd.DataFrame, terms: pd.DataFrame, key: Keys) -> Integers:
    """Give the day of each payment: the payer's weekday after its days to pay; some claims take weeks longer."""
    drawn, weeks, edge = draws(key, "weeks", 10_000), np.zeros(len(claims), np.int64), 0
    for later in (1, 2, 4):
        share = rate(f"week-later-{later}")
        weeks[(drawn >= edge) & (drawn < edge + share)] = later
        edge += share
    earliest = day_numbers(claims["received_date"]) + DAYS_TO_PAY
    return next_cycle(earliest, terms["weekday"].to_numpy(np.int64)) + 7 * weeks


def _first_decision(
    claims: pd.DataFrame, frames: Frames, terms: pd.DataFrame, key: Keys, books: Books, seed: int
) -> tuple[Frames, pd.DataFrame]:
    """Decide claims as they came; a few are answered in two parts, or with two of their lines as one."""
    work, draw = gathered(claims, frames, terms, seed)
    place = np.searchsorted(claims["seg"].to_numpy(np.int64), work["claim_seg"].to_numpy(np.int64))
    count = np.bincount(place, minlength=len(claims)).astype(np.int64)
    ordinal = np.asarray(pd.Series(place).groupby(place).cumcount(), np.int64)
    plain = (count > 1) & (claims["submission_reason_code"] != "PB").to_numpy()
    is_split = plain & (draws(key, "split", 10_000) < rate("split"))
    is_bundle = plain & ~is_split & (draws(key, "bundle", 10_000) < rate("bundle"))
    work = _bundled(
        work, is_bundle[place] & (np.bincount(place, work["prior_cents"])[place] == 0), place, ordinal, count
    )
    is_second = is_split[place] & (ordinal * 2 >= count[place])
    far = int(claims["seg"].max()) + 1
    work["payment_seg"] = work["claim_seg"] + np.where(is_second, far, 0)
    second = claims[is_split]
    second = second.assign(seg=second["seg"] + far, payer_claim_number=second["payer_claim_number"] + "B")
    answered = pd.concat([claims, second], ignore_index=True).sort_values(["sequence", "seg"], kind="stable")
    found = issued(answered.reset_index(drop=True), work, draw, books)
    found = _with_interest(_with_bundles(found), claims)
    found["claim_payments"]["is_part"] = found["claim_payments"]["sequence"].isin(second["sequence"])
    return found, work


def _bundled(work: pd.DataFrame, mine: np.ndarray, place: Integers, ordinal: Integers, count: Integers) -> pd.DataFrame:
    """Let the first line of a claim take the charge of its last."""
    charge = work["charge_cents"].to_numpy(np.int64)
    given = np.where(mine & (ordinal == count[place] - 1), charge, 0)
    of_claim = np.bincount(place, given).astype(np.int64)
    taken = np.where(mine & (ordinal == 0), of_claim[place], 0)
    return work.assign(is_bundle=mine, given_cents=given, taken_cents=taken)


def _with_bundles(found: Frames) -> Frames:
    """Say at a bundled line which procedure was paid instead (SVC01), and which was sent (SVC06)."""
    lines = found["service_payments"].assign(submitted_procedure_code="", submitted_modifiers="")
    gave = lines["given_cents"] > 0
    if gave.any():
        first = lines.drop_duplicates("claim_seg").set_index("claim_seg")
        for name, submitted in (("procedure_code", "submitted_procedure_code"), ("modifiers", "submitted_modifiers")):
            lines.loc[gave, submitted] = lines.loc[gave, name]
            lines.loc[gave, name] = first[name].reindex(lines.loc[gave, "claim_seg"]).to_numpy()
    return {**found, "service_payments": lines.drop(columns="given_cents")}


def _with_interest(found: Frames, claims: pd.DataFrame) -> Frames:
    """Pay interest where a payment comes late."""
    payments = found["claim_payments"]
    late = payments["pay_day"].to_numpy(np.int64) - day_numbers(payments["received_date"]) - DAYS_WITHOUT_INTEREST
    paid = payments["paid_cents"].to_numpy(np.int64)
    interest = np.where(late > 0, paid * INTEREST_PERCENT * late // 36_500, 0)
    return {**found, "claim_payments": payments.assign(interest_cents=interest)}


def _second_payer(claims: pd.DataFrame, work: pd.DataFrame, books: Books, seed: int) -> Frames:
    """Decide what the first payer passed on: a claim of its own with the next payer, which nobody sent."""
    claims = claims.assign(payer=books.payers.numbers(claims), sequence=books.take_sequence(len(claims)))
    terms = _terms(claims, books, seed)
    claims["payer_claim_number"] = terms["icn_prefix"] + claims["sequence"].astype(str).str.zfill(9)
    key = claim_keys(claims, seed)
    claims["pay_day"] = _pay_days(claims, terms, key)
    renewed, draw = gathered(claims, {**_no_others(), "service_lines": work}, terms, seed)
    # Its lines stand as the first payer left them.
    renewed = renewed.assign(prior_cents=work["left_prior_cents"].to_numpy(), is_prior_missing=False)
    found = issued(claims, renewed, draw, books)
    found = _with_interest(_with_bundles(found), claims)
    found["claim_payments"]["is_part"] = False
    return found


def _no_others() -> Frames:
    text, whole = pd.Series([], dtype="str"), pd.Series([], dtype="int64")
    keyed = {"claim_seg": whole, "service_seg": whole, "seg": whole}
    return {
        "other_payers": pd.DataFrame({**keyed, "payer_sequence": text, "paid_cents": whole}),
        "other_payer_lines": pd.DataFrame({**keyed, "paid_cents": whole}),
        "other_payer_adjustments": pd.DataFrame({**keyed, "group_code": text, "amount_cents": whole}),
        "references": pd.DataFrame({**keyed, "qualifier_code": text, "reference": text}),
    }


def _not_before(claims: pd.DataFrame, replaced: np.ndarray, earlier: Frames, terms: pd.DataFrame) -> pd.DataFrame:
    """Pay a replacement not before a cycle after the payment that it replaces."""
    last = earlier["claim_payments"].groupby("sequence")["pay_day"].max() + 7
    least = last.reindex(claims["old_sequence"], fill_value=0).to_numpy(np.int64)
    day = claims["pay_day"].to_numpy(np.int64)
    later = np.maximum(day, next_cycle(least, terms["weekday"].to_numpy(np.int64)))
    return claims.assign(pay_day=np.where(replaced, later, day))


def _taken_back(claims: pd.DataFrame, earlier: Frames, books: Books) -> Frames:
    """Reverse the payments that replacements and voids name; their numbers can be named no more."""
    old = earlier["claim_payments"]
    for name in ("payer_claim_number", "original_reference"):
        number = keys(old["payer_code"], old[name])
        unique = np.unique(number[(old[name] != "").to_numpy()])
        books.numbers.add(unique, -books.numbers.of(unique))
    found = reverse(earlier | {"decisions": pd.DataFrame()}, old["seg"].tolist(), books)
    found.pop("decisions")
    new = claims.set_index("old_sequence")
    payments = found["claim_payments"]
    of = payments["sequence"]
    found["claim_payments"] = reviews.undone(old, payments).assign(
        sequence=new["sequence"].reindex(of).to_numpy(),
        pay_day=new["pay_day"].reindex(of).to_numpy(),
        mailbox=new["mailbox"].reindex(of).to_numpy(),
        received_date=new["received_date"].reindex(of).to_numpy(),
    )
    return found


def _enter_numbers(payments: pd.DataFrame, books: Books) -> None:
    """Make every payment that can be reversed known by its number, and by the one that it corrects."""
    known = payments[(payments["status_code"] != "22") & (payments["status_code"] != "25")]
    number = keys(known["payer_code"], known["payer_claim_number"])
    books.numbers.add(number, known["sequence"].to_numpy(np.int64))
