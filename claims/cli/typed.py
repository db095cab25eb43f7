"""What people type on the command line and several commands read: our own numbers, and amounts."""

from __future__ import annotations

from typing import Annotated

import typer

from claims.errors import UsageError
from claims.money import cents, dollars

Lowered = Annotated[
    str,
    typer.Option(help="Why the charge is lowered; above your own limit of a day it then waits for a second person."),
]


def asked_for(request: int, lowered_cents: int) -> str:
    """Say that a correction waits for a second person, and what that one types."""
    waits = f"{dollars(lowered_cents)} less would be charged: request {request} waits for a second person"
    return f"{waits} (claims takebacks approve {request} --as NAME)."


NUMBER_OR_KEY = "The number that the list shows, or the key that claims audit verify names."


def number_of(text: str, shown_by: str = "the list") -> int:
    """Read one of our own numbers; `shown_by` says where to find it."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise UsageError(f"A number is wanted, as {shown_by} shows it.")
    return int(text)


def cents_of(text: str, option: str) -> int:
    """Read an amount above zero."""
    value = cents(text)
    if value is None or value <= 0:
        raise UsageError(f"{option} wants an amount above zero, like 12.50.")
    return value
