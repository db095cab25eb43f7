"""Every 835 and 837 of the sample folder, counted again by plain splits: counts, cents and balances agree."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

from claims import x12
from claims.x12.summary import summary

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
FILES = sorted(path for path in SAMPLES.rglob("*") if path.is_file() and path.parent != SAMPLES)

# Files that are read differently on purpose: what differs, and why.
DIFFERENCES: dict[str, str] = {}


def split(text: str) -> list[list[str]]:
    """Cut a whole text into segments and elements by the delimiters of its first ISA, or of its first ST."""
    text = text.lstrip("\ufeff")
    start = re.search(r"(?:^|[^A-Z0-9])ISA *([^A-Z0-9 ]).{80}", text, re.S)
    if start:
        text, element = text[start.start() + (not text[start.start()].isalpha()) :], start.group(1)
        tail = text.split(element, 16)[16]
        component, terminator = tail[0], tail[1:].lstrip(" ")[0]
    else:
        found = re.search(r"ST(\W)\d{3}\1\w+(?:\1\w+)?(\W)", text)
        if not found:
            return []
        element, terminator, component = found.group(1), found.group(2), ":"
    segments = [piece.strip() for piece in text.split(terminator)]
    return [[component, *map(str.strip, piece.split(element))] for piece in segments if piece]


class Cents:
    """Exact cents of decimals; remembers whether one was none."""

    bad = False

    def __call__(self, text: str) -> int:
        try:
            value = Decimal(text or "0") * 100
        except InvalidOperation:
            self.bad = True
            return 0
        self.bad |= value != int(value)
        return int(value)


def recount(segments: list[list[str]]) -> list[dict[str, object]]:
    """Count each ST..SE of 835s and 837s."""
    found: list[dict[str, object]] = []
    own: list[list[str]] | None = None
    for segment in [*segments, ["", "ST"]]:
        name = segment[1].upper()
        if own is not None and name in ("ST", "SE", "GE", "IEA", "ISA"):
            found.append(count([*own, segment] if name == "SE" else own))
            own = None
        if name == "ST":
            own = []
        if own is not None:
            own.append(segment)
    return [row for row in found if row["set"] in ("835", "837")]


def count(own: list[list[str]]) -> dict[str, object]:
    """Add one transaction set up, claim by claim and line by line."""
    is_remit = own[0][2] == "835"
    cents, charge, paid, plb, payment = Cents(), Cents(), Cents(), Cents(), Cents()
    charges, payments, provider, total = 0, 0, 0, None
    claims: list[list[int]] = []  # of each claim: what is unexplained, then the same of each of its lines
    adjustments = lines = denied = reversals = 0
    for segment in own:
        name, values = segment[1].upper(), segment[1:] + [""] * 20
        if name in ("CLP", "CLM"):
            value = charge(values[3 if is_remit else 2])
            charges, claims = charges + value, [*claims, [value]]
            if is_remit:
                payments, claims[-1][0] = payments + paid(values[4]), value - cents(values[4])
                denied, reversals = denied + (values[2] == "4"), reversals + (values[2] == "22")
        elif name in ("SVC", "SV1", "SV2", "SV3"):
            lines += 1
            if claims and is_remit:
                claims[-1].append(cents(values[2]) - cents(values[3]))
            elif claims:
                claims[-1][0] -= cents(values[3 if name == "SV2" else 2])
        elif name == "CAS":
            for at in (at for at in range(2, 18, 3) if values[at]):
                adjustments += 1
                for place in {0, len(claims[-1]) - 1} if claims and is_remit else ():
                    claims[-1][place] -= cents(values[at + 1])
        elif name == "PLB":
            provider += sum(plb(values[at]) for at in range(4, 16, 2))
        elif name == "BPR":
            total = payment(values[2])
    good = not (cents.bad or charge.bad or paid.bad)
    remit_sum = payments - provider == total and not (paid.bad or plb.bad or payment.bad)
    return {
        "set": own[0][2], "control": own[0][3], "segments": len(own), "claims": len(claims), "service_lines": lines,
        "adjustments": adjustments, "charge_cents": None if charge.bad else charges,
        "paid_cents": None if paid.bad or not is_remit else payments,
        "plb_cents": None if plb.bad or not is_remit else provider,
        "payment_cents": None if payment.bad else total, "denied_status_claims": denied, "reversals": reversals,
        "balanced": {
            "line": good and not any(any(claim[1:]) for claim in claims) if is_remit and lines else None,
            "claim": good and not any(claim[0] for claim in claims) if claims else None,
            "transaction": None if total is None else remit_sum,
        },
    }  # fmt: skip


def differences(path: Path) -> list[str]:
    """Say where our document and the recount differ."""
    data = path.read_bytes()
    document = summary(path.name, x12.scan(path))
    ours = [row for row in document["transactions"] if row["set"][:3] in ("835", "837")]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    theirs = recount(split(text))
    if len(ours) != len(theirs):
        return [f"{len(ours)} transaction sets, recount {len(theirs)}"]
    found = []
    for our, their in zip(ours, theirs, strict=True):
        for name, value in their.items():
            mine = our["set"][:3] if name == "set" else our[name]
            if mine != value:
                found.append(f"{name}: {mine}, recount {value}")
    return found


@pytest.mark.skipif(not FILES, reason="the sample folder is not here")
def test_every_sample_is_read_and_every_remittance_and_claim_file_recounts_equal():
    found = {f"{path.parent.name}/{path.name}": differences(path) for path in FILES}
    odd = {name: what for name, what in found.items() if what}
    assert len(found) >= 270
    assert sorted(odd) == sorted(DIFFERENCES), odd
