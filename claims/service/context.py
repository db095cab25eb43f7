"""What every verb needs: settings, an open database, the vault and who acts."""

from __future__ import annotations

import getpass
from dataclasses import dataclass

from claims import config
from claims.config import Settings
from claims.store import engine as store_engine
from claims.store.handles import Engine
from claims.store.vault import Vault


@dataclass(frozen=True)
class Context:
    """One practice, opened by one actor."""

    settings: Settings
    engine: Engine
    vault: Vault
    actor: str
    recorder: Engine | None = None  # where `engine` cannot write: what the audit of reads is written through
    is_looking: bool = False  # an action of the desk is previewed: it says what it would do, and writes nothing
    is_emergency: bool = False  # patient data is shown to somebody who may not see it else, with a reason


def open_context(settings: Settings | None = None, *, actor: str | None = None) -> Context:
    """Open the practice's database and vault; raise DatabaseNotReadyError when it was never initialised."""
    chosen = settings or config.load()
    database = store_engine.open_engine(chosen.database_url, audit_key_file=chosen.audit_key_file)
    store_engine.require_ready(database)
    return Context(chosen, database, Vault(chosen.vault_folder), actor or getpass.getuser())
