"""claims submit and claims batches: what they say, what they hide, how they end."""

from __future__ import annotations

from pathlib import Path

import pytest

from claims import config
from claims.service.context import open_context
from tests.charges.test_charges_file import written
from tests.service.outgoing import PERSON, make_ready

SAMPLES = Path(__file__).resolve().parents[2] / "edi_samples" / "master"
NAMES = ("ZZCANARYCLAIM", "ZZCANARYLAST", "ZZCANARYMEMBER")
PATIENT = dict(zip(("claim_number", "subscriber_last_name", "member_id"), NAMES, strict=True))


class Opened:
    def __init__(self, ctx):
        self.ctx = ctx


@pytest.fixture
def ready(claims, tmp_path, monkeypatch):
    """Two claims that are ready: one for a payer that a partner takes, one for nobody's."""
    nothing = dict.fromkeys(("next_claims", "next_claims_refused"), 0)
    monkeypatch.setattr("claims.service.outgoing.prepare", lambda *_arguments: nothing)  # no edit stops them
    assert claims("init").code == 0
    assert claims("master", "import", SAMPLES).code == 0
    partners = tmp_path / "partners.csv"
    text = (SAMPLES / "partners.csv").read_text()
    partners.write_text(text)
    path = tmp_path / "charges.csv"
    path.write_bytes(written(PERSON | PATIENT, PERSON | PATIENT | {"claim_number": "B1", "payer_code": "NOBODY"}))
    assert claims("ingest", path).code == 0
    opened = Opened(open_context(config.load(), actor="tester"))
    make_ready(opened)
    opened.ctx.engine.dispose()
    return claims


@pytest.mark.long
def test_what_would_be_sent_is_told_and_not_sent(ready):
    said = ready("submit", "--dry-run", "--json")
    assert said.code == 1
    assert said.json["counts"]["claims_sent"] + said.json["counts"]["claims_tested"] == 1
    assert said.json["counts"]["claims_without_partner"] == 1
    assert ready("batches", "list", "--json").json == {"batches": []}
    assert not list(config.load().outbox_folder.rglob("*.837"))


@pytest.mark.long
def test_batches_are_listed_and_shown_without_patients(ready):
    assert ready("submit").code == 1
    (path,) = config.load().outbox_folder.rglob("*.837")
    listed = ready("batches", "list", "--json").json["batches"]
    assert [(row["file_name"], row["state"], row["claims"]) for row in listed] == [(path.name, "released", 1)]
    number = listed[0]["interchange_control_number"]
    said = [ready("batches", "show", number), ready("batches", "show", number, "--json"), ready("batches", "list")]
    assert all(one.code == 0 for one in said)
    assert not any(name in one.out + one.err for one in said for name in NAMES)


def test_wrong_use_ends_with_2(ready):
    assert ready("submit", "--kind", "X").code == 2
    assert ready("batches", "show", "77").code == 2
    assert ready("batches", "list", "--state", "gone").code == 2
    assert ready("submit", "--again", "77").code == 2
    assert ready("submit", "--again", "1", "--dry-run").code == 2
