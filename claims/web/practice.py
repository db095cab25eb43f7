"""The practice as pages see it: one handle that writes, one that cannot, and the person in between."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from claims.people import roles
from claims.service import people
from claims.service.context import Context
from claims.service.desk import queue
from claims.store import audit, clock
from claims.store.engine import open_engine
from claims.store.handles import Engine
from claims.store.sessions import Session
from claims.web.guards.rates import AllBusyError, AtOnce, PerMinute
from claims.web.settings import WebSettings

SEARCHES_PER_MINUTE = 30
EXPORTS_AT_ONCE = 10
KEPT_SECONDS = 30
RESULTS_PER_MINUTE = 60
SIGN_INS_AT_ONCE = 6  # two hash, the others wait for them: pages keep the rest of the threads


@dataclass(frozen=True)
class Person:
    """Who asks: a session that has shown both factors, and what it may do."""

    session: Session
    permissions: frozenset[str]
    is_emergency: bool

    @property
    def name(self) -> str:
        """What they sign in with, and what the audit chain calls them."""
        return self.session.user.name

    @property
    def reads_only(self) -> bool:
        """Whether the database itself keeps them from changing anything."""
        return roles.READ_ONLY in self.session.user.roles

    def may(self, permission: str) -> bool:
        """Tell whether they have a permission."""
        return permission in self.permissions


@dataclass(frozen=True)
class Practice:
    """What all requests share."""

    ctx: Context  # writes; signs in
    reader: Engine  # cannot write
    web: WebSettings
    now: Callable[[], datetime]
    exports: AtOnce = field(default_factory=lambda: AtOnce(EXPORTS_AT_ONCE))
    sign_ins: AtOnce = field(default_factory=lambda: AtOnce(SIGN_INS_AT_ONCE, AllBusyError))
    _kept: dict[str, tuple[float, list[Any]]] = field(default_factory=dict)
    searches: PerMinute = field(default_factory=lambda: PerMinute(SEARCHES_PER_MINUTE))
    results: PerMinute = field(default_factory=lambda: PerMinute(RESULTS_PER_MINUTE))

    def workers_changed(self) -> None:
        """Ask anew who may be given a case: somebody came, went or has other roles."""
        self._kept.pop("workers", None)

    def workers(self) -> list[str]:
        """Name who may be given a case; asked for on every page, and half a minute old at most."""
        return self._lately("workers", lambda: _workers(self.ctx))

    def payers(self) -> list[tuple[str, str]]:
        """Give code and name of the payers with cases that are not closed; half a minute old at most."""
        return self._lately("payers", lambda: queue.open_payers(replace(self.ctx, engine=self.reader)))

    def _lately(self, name: str, find: Callable[[], list[Any]]) -> list[Any]:
        now = time.monotonic()
        at, found = self._kept.get(name, (0.0, []))
        if not at or now - at > KEPT_SECONDS:
            found = find()
            self._kept[name] = (now, found)
        return found

    def person(self, session: Session) -> Person:
        """Say what the owner of a session may do now."""
        own = roles.permissions_of(session.user.roles)
        is_emergency = session.emergency_until > clock.written(self.now()) and "emergency.use" in own
        more = {"desk.read", "desk.search"} if is_emergency and "desk.read" not in own else set()
        return Person(session, own | more, bool(more))

    def reading(self, person: Person) -> Context:
        """Give the context of a page: the database refuses any change but the record of what was shown."""
        return replace(
            self.ctx,
            actor=person.name,
            engine=self.reader,
            recorder=self.ctx.engine,
            is_emergency=person.is_emergency,
        )

    def writing(self, person: Person) -> Context:
        """Give the context of an action; an auditor's still cannot write."""
        return self.reading(person) if person.reads_only else replace(self.ctx, actor=person.name)

    def key(self, purpose: str) -> bytes:
        """Derive a key from the key file of people."""
        root = audit.load_key(self.ctx.settings.people_key_file)
        return hmac.new(root, purpose.encode(), hashlib.sha256).digest()


def _workers(ctx: Context) -> list[str]:
    rows = people.listed(ctx)
    rows = rows[rows["state"] != people.DISABLED]
    return [name for name, held in zip(rows["name"], rows["roles"], strict=True) if _acts(held)]


def _acts(held: str) -> bool:
    return "desk.act" in roles.permissions_of(held.split())


def open_practice(ctx: Context, web: WebSettings, now: Callable[[], datetime]) -> Practice:
    """Open the handle that cannot write beside the one that can."""
    return Practice(ctx, open_engine(ctx.settings.database_url, reads_only=True), web, now)
