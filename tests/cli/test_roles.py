"""What a role may not do, it may not do on the command line either; nobody pays a refund that they asked for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from claims.errors import UsageError
from claims.service import people
from claims.service.context import open_context
from claims.store.engine import read
from tests.web.desk import quick_hashes

PEOPLE = {"anna": "biller", "cleo": "supervisor", "otto": "auditor", "root": "admin"}
# A command, and the roles that may not give it.
COMMANDS = [
    ("periods close 2026-10-01", "anna otto root"),
    ("payments add --amount 5.00 --method cash --claim X1", "otto root"),
    ("payments refund --pay 1 --method cheque", "otto root"),
    ("payments list", "root"),
    ("takebacks refund --payer FABLE --number 1 --reason letter", "otto root"),
    ("takebacks approve 1", "anna otto root"),
    ("takebacks reverse 1 --reason letter", "anna otto root"),
    ("takebacks withdraw 1 --reason letter", "otto root"),
    ("statements small-balances --write-off", "otto root"),
    ("undo remit:1", "otto root"),
    ("replay remit:1", "otto root"),
    ("ingest .", "otto root"),
    ("reconcile", "otto root"),
    ("submit", "otto root"),
    ("charges import charges.csv", "otto root"),
    ("master import .", "anna otto"),
    ("rejections close 1", "otto root"),
    ("blocked close 1", "otto root"),
    ("rejections accept 1", "anna otto"),
    ("resubmit X1", "otto root"),
    ("report tieout", "root"),
    ("statements", "root"),
    ("claim show X1", "root"),
    ("users role anna supervisor", "anna cleo otto"),
]


@pytest.fixture
def practice(sqlite_url, claims, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "charges.csv").write_text("claim_number\n")
    monkeypatch.setenv("CLAIMS_DATABASE_URL", sqlite_url)
    assert claims("init").code == 0
    ctx, now = open_context(actor="os:setup"), datetime.now(UTC)
    with quick_hashes():
        for name, role in PEOPLE.items():
            people.add(ctx, name, [role], now)
            people.set_password(ctx, name, "four quiet herons wade", now)
    ctx.engine.dispose()
    return claims


def test_roles_hold_for_every_command(practice):
    for words, names in COMMANDS:
        for name in PEOPLE:
            said = practice(*words.split(), "--as", name)
            refused = said.code == 2 and "may not do this" in said.err
            assert refused == (name in names.split()), (words, name, said)
    for first, second in (("anna", "anna"), ("anna", "cleo")):
        ctx = open_context(actor=second)
        with read(ctx.engine) as conn:
            if first == second:
                with pytest.raises(UsageError, match="another person"):
                    people.require_another(conn, ctx, first)
            else:
                people.require_another(conn, ctx, first)
        ctx.engine.dispose()
