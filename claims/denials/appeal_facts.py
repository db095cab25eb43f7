"""The facts of a denied claim as the rules on appeals take them, and the words that letters write them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from claims.denials.limits import Limit


@dataclass(frozen=True)
class Earlier:
    """An appeal that was sent before, and the day of the decision on it (None: not known)."""

    level: int
    sent_date: date | None
    decision_date: date | None = None


@dataclass(frozen=True)
class Filing:
    """How the claim came to the payer: the numbers it was sent under, and the day the payer's 277CA took it.

    ``acknowledgments``: the kinds of files that answered it (TA1, 999, 277CA), in their order.
    """

    sent_date: date | None = None
    accepted_date: date | None = None
    interchange_number: str = ""
    group_number: str = ""
    set_number: str = ""
    batch_reference: str = ""
    claim_number: str = ""
    acknowledgments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """The day on which the payer had the claim at the latest, and who says so: a 277CA of its, or its remittance."""

    day: date | None = None
    by: str = ""


@dataclass(frozen=True)
class Facts:
    """What the books know of a case. Rows are of the tables of their names; empty where there is none.

    ``classes``: adjustment classes of the part that was denied. ``payer`` and ``provider`` are rows of master data.
    ``open_cents``: what is open on a later payer; None for a first one, which is asked for all that it denied.
    ``expected_cents``: what the contract allows for that part; None where it prices not all of it.
    """

    case: Mapping[str, Any]
    decision: Mapping[str, Any]
    classes: tuple[str, ...]
    claim: Mapping[str, Any] = field(default_factory=dict)
    payer: Mapping[str, Any] = field(default_factory=dict)
    provider: Mapping[str, Any] = field(default_factory=dict)
    filing: Filing = Filing()
    earlier: tuple[Earlier, ...] = ()
    open_cents: int | None = None
    expected_cents: int | None = None


@dataclass(frozen=True)
class Window:
    """A limit, the day that it counts from, and its last day; None what is not known."""

    limit: Limit
    start: date | None
    last_day: date | None
