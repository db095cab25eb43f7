"""What the addresses of the lists of rejections and of blocked claims ask for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from claims.service.rejection_pages import Asked
from claims.web.addressed import Address
from claims.web.seat import Seat


class Rejections(Address):
    """The words of an address; `mine`: open, and given to who asks. `said`: what was done on the page before."""

    home = "/rejections"

    state: Literal["open", "mine", "closed", "any"] = "open"
    payer: Annotated[str, Field(max_length=80)] = ""
    said: Literal["", "ready", "assigned", "noted", "closed", "reopened"] = ""

    def asked(self, at: Seat) -> Asked:
        """Give it as the list wants it, for who asks."""
        states, owner = {"any": ("", ""), "mine": ("open", at.person.name)}.get(self.state, (self.state, ""))
        return Asked(states, owner, self.payer)


class Blocked(Address):
    """The words of an address; `mine`: given to who asks."""

    home = "/rejections/blocked"

    state: Literal["open", "mine", "given-up"] = "open"
    payer: Annotated[str, Field(max_length=80)] = ""
    said: Literal["", "ready", "blocked", "assigned", "noted", "closed", "reopened"] = ""

    @property
    def is_given_up(self) -> bool:
        """Whether those are asked for that a person gave up."""
        return self.state == "given-up"

    def owner(self, at: Seat) -> str:
        """Whose are asked for; empty: anybody's."""
        return at.person.name if self.state == "mine" else ""
