"""The docstring is the input: `paid` reads it as an 835, `billed` as an 837P, and gives the findings of the rules."""

from __future__ import annotations

import pytest

from claims import x12
from claims.x12.edits import rules
from tests.x12.envelopes import SUBMISSION, remittance, submission


def said(data: str, **settings) -> list[tuple[str, str, str]]:
    """Check a file; return code, found and expected of what the rules beyond the guides say, but for `not-checked`."""
    found = x12.check(data.encode(), **settings).findings
    codes = {rule.code for rule in rules().values()} - {"not-checked"}
    mine = found[found["code"].isin(codes)]
    return list(mine[["code", "found", "expected"]].itertuples(index=False, name=None))


HEAD_835 = """
    BPR*I*{payment}*C*ACH*CCP*01*111000025*DA*123*1512345678**01*222000111*DA*987*20260310~
    TRN*1*EFT0001*1512345678~
    N1*PR*BIG PAYER~
    N1*PE*CLINIC*XX*1999999984~
    REF*TJ*123456789~
    LX*1~
"""
HEAD_837 = SUBMISSION.split("    CLM*", 1)[0].replace("DMG*", "N3*1 WAY~N4*NOWHERE*OH*45999~DMG*")


def paid(body: str, payment: str = "0") -> str:
    """Wrap claims of an 835 that is paid in March 2026."""
    return remittance(HEAD_835.format(payment=payment) + body)


def billed(body: str, guide: str = "005010X222A1") -> str:
    """Wrap claims of a patient in an 837 of 2025-03-10."""
    return submission(HEAD_837 + body, guide=guide)


def _docstring(request) -> str:
    head, _, rest = request.function.__doc__.partition("\n")
    return rest if "~" not in head else request.function.__doc__


@pytest.fixture
def of_835(request):
    """What the rules say of the test's docstring, as claims of an 835."""
    return said(paid(_docstring(request)))


@pytest.fixture
def of_837(request):
    """What the rules say of the test's docstring, as claims of an 837P."""
    return said(billed(_docstring(request)))
