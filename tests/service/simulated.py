"""What tests of the simulated payers share: claim files sent to them, and what they say that they decided."""

from __future__ import annotations

from pathlib import Path

import oxedi
import pandas as pd

from claims import x12
from claims.money import cents
from claims.service.simulate import answer
from tests.x12.reference import reference_of

ROOT = Path(__file__).resolve().parents[2]
SENT = sorted((ROOT / "edi_samples" / "day" / "inbox").glob("*.837"))


def truth_of(out: Path) -> pd.DataFrame:
    """Read the truth, amounts in cents."""
    told = pd.read_csv(out / "truth.csv", dtype=str, keep_default_na=False)
    money = ["charge", "paid", "contractual", "patient", "denied", "payment"]
    return told.assign(**{name: [cents(text or "0") for text in told[name]] for name in money})


def sent(path: Path, frames: dict[str, pd.DataFrame], control: int = 7) -> Path:
    """Write a claim file with an interchange number of its own."""
    around = frames["interchanges"].assign(control_number=str(control))
    path.write_bytes(x12.write({**frames, "interchanges": around}))
    return path


def many(make, count: int, **same):
    """Give claims A1, A2 ... of members W1, W2 ..."""
    return make(*({**same, "claim_number": f"A{n}", "member_id": f"W{n}"} for n in range(1, count + 1)))


def told_of(tmp_path: Path, frames: dict[str, pd.DataFrame], **how) -> pd.DataFrame:
    """Give what was decided about each claim of one file."""
    out = tmp_path / "out"
    answer([sent(tmp_path / "claims.837", frames)], out, **how)
    told = truth_of(out)
    return told[told["kind"] == "claim_payment"].sort_values("claim_number").reset_index(drop=True)


def codes(text: str) -> dict[str, int]:
    """Read `CO-45=12.00 PR-1=3.50`."""
    return {code: cents(amount) for code, amount in (part.split("=") for part in text.split())}


def assert_clean(out: Path) -> None:
    """No finding of ours, of pyx12 or of oxedi."""
    for path in sorted(out.iterdir()):
        if path.suffix == ".csv":
            continue
        data = path.read_bytes()
        assert x12.check(data).findings.empty, path.name
        oxedi.parse(data)
        if path.suffix != ".ta1":
            found = reference_of(data)
            assert (found.stopped, found.details, found.accepted) == ("", [], True), path.name
