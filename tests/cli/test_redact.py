"""A practice's month, masked file by file under one key, runs through the books as the original does."""

from __future__ import annotations

from pathlib import Path

import pytest

INBOX = Path(__file__).resolve().parents[2] / "edi_samples" / "day" / "inbox"


@pytest.mark.long
def test_a_masked_month_posts_as_the_original(claims, tmp_path, monkeypatch):
    originals = [path for suffix in ("837", "835", "277ca") for path in sorted(INBOX.glob(f"*.{suffix}"))]
    copies = [tmp_path / path.name for path in originals]
    key = tmp_path / "key"
    key.write_text("a key for tests that is long enough")
    key.chmod(0o600)
    for path, copied in zip(originals, copies, strict=True):
        assert claims("redact", path, "--out", copied, "--key", key, "--quiet").code == 0
    told = []
    for home, files in (("original", originals), ("masked", copies)):
        monkeypatch.setenv("CLAIMS_HOME", str(tmp_path / home))
        assert claims("init", "--quiet").code == 0
        counts = claims("ingest", *files, "--date", "2026-10-19", "--json").json["counts"]
        books = claims("reconcile", "--date", "2026-10-19", "--json").json["counts"]
        held = claims("exceptions", "list", "--json").json["exceptions"]
        queue = claims("denials", "list", "--limit", "500", "--json").json
        told.append(
            (
                counts,
                books,
                sorted((row["type_code"], row["amount_cents"]) for row in held),
                sorted((row["category"], row["at_risk_cents"]) for row in queue["cases"]),
            )
        )
    assert told[0] == told[1]
    assert told[0][1]["payments_matched"] > 200 and told[0][1]["denials_opened"] > 50
