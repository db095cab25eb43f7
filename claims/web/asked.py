"""What an address of the queue asks for: filters and a sort as words, and the same as an address again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from claims.errors import UsageError
from claims.service.desk import queue
from claims.service.desk.queue import SORTS, Filters
from claims.web.addressed import Address, Code
from claims.web.seat import Seat

MINE, ME, NOBODY, ANY = "mine", "me", "nobody", "any"
_WORDS = ("payer", "reason", "category", "action", "tag", "due", "by", "least", "pattern", "since")


class Asked(Address):
    """The words of an address; what is not said is the default: mine and nobody's, open."""

    home = "/queue"

    state: Literal["open", "snoozed", "waiting", "expired", "closed", "any"] = "open"
    who: Code = MINE
    payer: Code = ""
    reason: Code = ""
    category: Code = ""
    action: Code = ""
    pattern: Annotated[int, Field(ge=0, lt=2**62)] = 0
    tag: Code = ""
    due: Annotated[int, Field(ge=0, le=3650)] | Literal[""] = ""
    by: date | Literal[""] = ""
    least: Annotated[int, Field(ge=0, le=10**9)] | Literal[""] = ""
    since: Annotated[int, Field(ge=0, lt=2**62)] = 0
    sort: Literal["", "score", "at_risk", "deadline", "remit_date", "age"] = ""

    def filters(self, seat: Seat) -> Filters:
        """Give it as the queue wants it, for who asks: a part of a payer's name and a code with its group will do."""
        assignee = {MINE: None, ANY: None, ME: seat.person.name, NOBODY: ""}.get(self.who, self.who)
        today = seat.reading.settings.today()
        return Filters(
            state=self.state,
            assignee=assignee,
            mine_or_unassigned=self.who == MINE,
            payer_code=queue.payer(seat.reading, self.payer.strip()),
            reason_code=queue.reason(self.reason),
            category=self.category,
            next_action=self.action,
            pattern_id=self.pattern,
            tag=self.tag,
            due_by=(self.by or None) if self.due == "" else today + timedelta(days=self.due),
            minimum_cents=0 if self.least == "" else self.least * 100,
            changed_since_run=self.since,
        )

    @classmethod
    def of(cls, filters: Filters, sort: str, name: str, due_in: int = -1) -> Asked:
        """Give the words for filters, as `name` would ask for them; a day stays the day that it was.

        ``due_in``: days from today, where that and no day was asked for.
        """
        who = ANY if filters.assignee is None else {"": NOBODY, name: ME}.get(filters.assignee, filters.assignee)
        return cls.model_validate(
            {
                "state": filters.state,
                "who": MINE if filters.mine_or_unassigned else who,
                "payer": filters.payer_code,
                "reason": filters.reason_code,
                "category": filters.category,
                "action": filters.next_action,
                "pattern": filters.pattern_id,
                "tag": filters.tag,
                "by": filters.due_by or "" if due_in < 0 else "",
                "due": due_in if due_in >= 0 else "",
                "least": filters.minimum_cents // 100 or "",
                "since": filters.changed_since_run,
                "sort": sort if sort != filters.sorts[0] else "",
            }
        )

    @classmethod
    def read(cls, query: str) -> Asked:
        """Read the query of an address; what cannot be is the default."""
        try:
            return cls.at_address(f"?{query}")
        except UsageError:
            return cls()

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but a queue, and whose, is asked for: then an empty list is not the end of the work."""
        usual = type(self).model_fields
        return self.who not in (MINE, ANY) or any(getattr(self, name) != usual[name].default for name in _WORDS)

    def cleared(self) -> str:
        """Give the address of the whole list that these filters narrow."""
        return type(self)(state=self.state, who=self.who if self.who in (MINE, ANY) else MINE).address()

    @property
    def due_in(self) -> int | None:
        """Give the days from today that are asked for; None for none."""
        return None if self.due == "" else self.due

    def chosen_sort(self, filters: Filters) -> str:
        """Give the sort that is asked for, where it is offered for these filters; else the usual one."""
        return self.sort if self.sort in filters.sorts else filters.sorts[0]


def is_descending(sort: str) -> bool:
    """Tell which way a sort goes."""
    return SORTS[sort].is_descending


AskedFor = Annotated[Asked, Query()]
