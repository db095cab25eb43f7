"""What an address of the list of variances asks for, and what became of an act on it, as a signed word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from claims.errors import UsageError
from claims.service import variance_acts, variances
from claims.service.variances import Filter
from claims.web import cursors
from claims.web.seat import Seat

LIST = "variances"
SHOWN_SECONDS, _MOST_STALE = 15, 8
PAST = {"dispute": "disputed", "accept": "accepted", "close": "closed", "note": "noted", "undo": "taken back"}
Code = Annotated[str, Field(max_length=80, pattern=r"^[^\x00-\x1f]*$")]


class Asked(BaseModel):
    """The words of an address; what is not said is the default: what asks for work, most money first."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    state: Literal["open", "disputed", "accepted", "recovered", "closed", "any"] = "open"
    kind: Literal["", "underpaid", "overpaid"] = ""
    payer: Code = ""
    least: Annotated[int, Field(ge=0, le=10**9)] | Literal[""] = ""
    older: Annotated[int, Field(ge=0, le=3650)] | Literal[""] = ""
    sort: Literal["amount", "age"] = "amount"
    at: Annotated[str, Field(max_length=400)] = ""
    did: Annotated[str, Field(max_length=2000)] = ""

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

    @classmethod
    def at_address(cls, address: str) -> Asked:
        """Read what an address of the list asks for; raise UsageError for words that it cannot have."""
        try:
            return cls.model_validate(dict(parse_qsl(urlsplit(address).query)))
        except ValidationError:
            raise UsageError("Something in the address of the list is not what a list takes.") from None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but a state is asked for."""
        return bool(self.kind or self.payer) or self.least != "" or self.older != ""

    def words(self, **changes: object) -> dict[str, str]:
        """Give it as the words of an address, with changes; what is the default is left out."""
        values = self.model_dump() | {"at": "", "did": ""} | changes
        defaults = {name: one.default for name, one in type(self).model_fields.items()}
        return {name: str(value) for name, value in values.items() if value != defaults[name]}

    def query(self, **changes: object) -> str:
        """Write it as the query of an address."""
        return urlencode(self.words(**changes))

    def address(self, **changes: object) -> str:
        """Write it as an address."""
        query = self.query(**changes)
        return f"/variances?{query}" if query else "/variances"


@dataclass(frozen=True)
class Told:
    """An act in figures, and the cases that changed meanwhile; `keys`: what these are called."""

    act: int
    verb: str
    done: int
    cents: int
    stale: list[int] = field(default_factory=list)
    more_stale: int = 0
    refused: list[tuple[str, int]] = field(default_factory=list)
    keys: Mapping[int, str] = field(default_factory=dict)

    @property
    def says(self) -> str:
        """The verb in the past."""
        return PAST[self.verb]


def told(seat: Seat, verb: str, done: variance_acts.Done) -> Told:
    """Make it of what the service gives."""
    stale = done.stale[:_MOST_STALE]
    refused = [(variance_acts.WORDS[reason], len(ids)) for reason, ids in done.refused.items()]
    keys = variance_acts.names(seat.reading, stale)
    return Told(done.act, verb, len(done.done), done.open_cents, stale, len(done.stale) - len(stale), refused, keys)


def sign_done(seat: Seat, one: Told) -> str:
    """Write it for an address: figures and our own numbers."""
    values = {name: value for name, value in asdict(one).items() if name != "keys"}
    now = int(seat.practice.now().timestamp())
    return cursors.sign(seat.practice.key("done"), [values, now], LIST, seat.session.user.user_id)


def shown_done(seat: Seat, text: str) -> Told | None:
    """Read it as this person's page shows it; none when it is too old to be news."""
    try:
        values, then = cursors.unsign(seat.practice.key("done"), text, LIST, seat.session.user.user_id)
    except cursors.CursorError:
        return None
    if not 0 <= int(seat.practice.now().timestamp()) - then < SHOWN_SECONDS:
        return None
    values["refused"] = [(says, times) for says, times in values["refused"]]
    return Told(**values | {"keys": variance_acts.names(seat.reading, values["stale"])})
