"""What a packet lacks and how each of it is filled: with words, with a file, or where else it is to be set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from claims import codes
from claims.denials.appeals import ACCEPTANCE, Plan

WORDS, FILE, ELSEWHERE = "words", "file", "elsewhere"
RECEIPT = "proof_of_receipt"  # an exhibit that a person adds where no acknowledgment proves the receipt
PAYER_ADDRESS = "address of the payer's appeals department"
UNPRINTABLE = "characters that cannot be printed, to be written in another way"
# What the practice says of itself: columns of its row in master data, and the gap where they are empty.
OURSELVES = {
    ("address", "city"): "address of the practice: set it in master data (providers.csv: address, city, state, zip)",
    ("contact_name",): "who signs for the practice: set it in master data (providers.csv: contact_name)",
    ("contact_phone",): "telephone of the practice: set it in master data (providers.csv: contact_phone)",
}


@dataclass(frozen=True)
class Gap:
    """One thing that a packet lacks: its key, what it is, and how it is filled (WORDS, FILE, ELSEWHERE).

    ``words``: what stands there now, where a person wrote it.
    """

    key: str
    label: str
    how: str
    words: str = ""


def gaps(plan: Plan, labels: Iterable[str]) -> tuple[Gap, ...]:
    """Say of each gap of a packet how it is filled: with words only what nothing but a person can know.

    What the letter proves (days, limits, what was sent and taken) comes from the books; a proof of receipt that is not
    in them is a file for the payer to look at, and no sentence of ours.
    """
    facts = codes.table("appeal_facts").query("typed == 'Y'")
    known = {label: (fact, WORDS) for fact, label in zip(facts["fact"], facts["label"], strict=True)}
    known |= {one.title: (one.exhibit, FILE) for one in plan.exhibits}
    known |= {PAYER_ADDRESS: ("payer_address", WORDS), ACCEPTANCE: (RECEIPT, FILE)}
    return tuple(Gap(known[one][0], one, known[one][1]) if one in known else Gap("", one, ELSEWHERE) for one in labels)
