"""What an address of the list of variances asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from claims.service import variances
from claims.service.variances import Filter
from claims.web.addressed import Address, Code
from claims.web.seat import Seat

LIST = "variances"


class Asked(Address):
    """The words of an address; what is not said is the default: what asks for work, most money first."""

    home = "/variances"

    state: Literal["open", "disputed", "accepted", "recovered", "closed", "any"] = "open"
    kind: Literal["", "underpaid", "overpaid"] = ""
    payer: Code = ""
    least: Annotated[int, Field(ge=0, le=10**9)] | Literal[""] = ""
    older: Annotated[int, Field(ge=0, le=3650)] | Literal[""] = ""
    sort: Literal["amount", "age"] = "amount"

    def filter(self, seat: Seat) -> Filter:
        """Give it as the list wants it; a payer by its code, else by a part of its name."""
        is_known = bool(self.payer) and variances.has_payer(seat.reading, self.payer)
        day = seat.reading.settings.today()
        return variances.asked_for(
            self.state,
            self.kind,
            payer="" if is_known else self.payer.strip(),
            payer_code=self.payer if is_known else "",
            least_cents=0 if self.least == "" else self.least * 100,
            opened_by=None if self.older == "" else day - timedelta(days=self.older),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but a state is asked for."""
        return bool(self.kind or self.payer) or self.least != "" or self.older != ""
