"""What would become of something that cannot be told without doing it: it is done, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from claims.service.context import Context
from claims.store.engine import rehearsal
from claims.store.vault import Vault


class LookingVault(Vault):
    """The vault as a rehearsal sees it: all of it can be read, what is put into it is gone when the rehearsal ends."""

    def __init__(self, root: Path, kept: Vault) -> None:
        super().__init__(root)
        self._kept = kept

    def path(self, sha256: str) -> Path:
        """Where a stored file lies, or one that the rehearsal would store."""
        place = self._place(sha256)
        return place if place.is_file() else self._kept.path(sha256)


@contextmanager
def rehearsing(ctx: Context) -> Iterator[Context]:
    """Give a context in which everything can be done; nothing of it stays. Others who write wait meanwhile."""
    with ctx.vault.aside() as place, rehearsal(ctx.engine):
        yield replace(ctx, vault=LookingVault(place, ctx.vault))
