"""Roles and what each may do: a row of `permissions.csv` per permission, a column per role."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources

import pandas as pd

from claims.errors import UsageError

ROLES = ("biller", "supervisor", "auditor", "admin")
READ_ONLY = "auditor"


class RoleError(UsageError):
    """Roles that do not exist, none at all, or an auditor who is something else too."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem} The roles are: {', '.join(ROLES)}.")


@cache
def table() -> pd.DataFrame:
    """Give the permissions: permission, own_title, and Y or nothing per role."""
    with (resources.files(__package__) / "permissions.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """Give what somebody with these roles may do."""
    return frozenset[str]().union(*(_permissions(role) for role in roles))


@cache
def _permissions(role: str) -> frozenset[str]:
    rows = table()
    return frozenset(rows["permission"][rows[role] == "Y"].tolist())


def checked(roles: Iterable[str]) -> tuple[str, ...]:
    """Give the roles in our order, once each; raise RoleError.

    An auditor changes nothing, and is nothing else: the database handle of his pages cannot write.
    """
    asked = {role.strip().lower() for role in roles} - {""}
    if unknown := sorted(asked - set(ROLES)):
        raise RoleError(f"There is no role {', '.join(unknown)}.")
    if not asked:
        raise RoleError("A role is wanted.")
    if READ_ONLY in asked and len(asked) > 1:
        raise RoleError("An auditor has no other role.")
    return tuple(role for role in ROLES if role in asked)
