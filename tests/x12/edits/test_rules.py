"""The table of rules, its page, and its switches."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from claims import x12
from claims.codes import lists
from claims.errors import ConfigError
from claims.findings import SEVERITIES
from claims.x12.edits import rules
from claims.x12.edits.rules import switched
from claims.x12.layout import SETS
from tests.x12.edits.conftest import billed, paid

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
SAMPLES = {path.stem: path for path in sorted(ROOT.glob("edi_samples/*/fail/*.edi"))}
# Without the package of diagnoses its sample shows nothing.
_UNSHOWN = set() if "ICD10CM" in lists.load() else {"diagnosis-code-not-valid"}
OF_RULES = sorted(({rule.code for rule in rules().values()} & set(SAMPLES)) - _UNSHOWN)
# These need a code list; test_code_sets shows them.
WITHOUT_SAMPLE = {"drug-code-not-valid", "ncci-pair", "procedure-code-not-valid", "units-exceed-mue"}


def test_rows_are_complete_and_short():
    for name, rule in rules().items():
        assert re.fullmatch(r"[a-z][a-z0-9-]+", name) and rule.id == name
        assert rule.severity in SEVERITIES and rule.default in ("on", "off")
        assert rule.sets in ("*", "837*", *SETS) and rule.sentence and rule.advice and rule.source
        assert len(rule.sentence) <= 120 and not rule.sentence.endswith(".")
        assert rule.code == name or name == f"{name.removesuffix('-not-checked')}-{rule.code}"


def test_the_page_lists_every_rule_as_it_is():
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \|$", PAGE, re.M))
    for name, rule in rules().items():
        sets = rule.sets.replace("*", "\\*") if rule.sets == "*" else rule.sets
        title = rule.title.replace("*", "\\*")
        assert rows[name].startswith(f"{sets} | {rule.severity} | {title} | "), name
        assert rows[name].endswith(f" | {rule.source}"), name
    assert set(rows) == set(rules())


def test_every_rule_has_a_sample_or_a_test():
    assert {rule.code for rule in rules().values()} - set(SAMPLES) == WITHOUT_SAMPLE


@pytest.mark.parametrize("code", OF_RULES)
def test_a_rule_that_is_off_says_nothing(code):
    off = {name: "off" for name, rule in rules().items() if rule.code == code}
    assert code in set(x12.check(SAMPLES[code]).findings["code"])
    assert code not in set(x12.check(SAMPLES[code], rules=off).findings["code"])


@pytest.mark.parametrize("code", OF_RULES)
def test_a_severity_can_be_chosen(code):
    own = next(rule.severity for rule in rules().values() if rule.code == code)
    severity = SEVERITIES[SEVERITIES.index(own) - 1]
    chosen = {name: severity for name, rule in rules().items() if rule.code == code}
    found = x12.check(SAMPLES[code], rules=chosen).findings
    mine = found[found["code"] == code]
    assert set(mine["severity"]) == {severity}
    ending = {"note": "; read on.", "hold": ("set held.", "set held from posting."), "reject": "set refused."}[severity]
    assert mine["message"].str.endswith(ending).all()


def test_one_switch_leaves_the_other_findings_alone():
    sample = SAMPLES["line-out-of-balance"]
    before, after = (x12.check(sample, rules=rules).findings for rules in ({}, {"line-out-of-balance": "off"}))
    kept = before[before["code"] != "line-out-of-balance"].reset_index(drop=True)
    assert kept.equals(after) and len(after) < len(before)


@pytest.mark.parametrize(
    ("settings", "told"), [({"npi-chek-digit": "off"}, "npi-chek-digit"), ({"npi-form": "loud"}, "note, hold, reject")]
)
def test_a_wrong_switch_is_named(settings, told):
    with pytest.raises(ConfigError, match=told):
        switched(settings)


def test_no_rule_changes_a_verdict():
    for rule in rules().values():
        assert rule.ack_code == ""


def test_findings_hold_nothing_of_the_patient():
    """Birth and death dates, names and numbers of the claims that are told of."""
    for data, secrets in (
        (billed(PERSON).replace("19800115", "20270115"), ("20270115", "20240131", "SECRET", "W1", "JANE")),
        (paid("CLP*SECRET1*1*100*0*5*12*SECRET2~NM1*QC*1*SECRET*JANE****MI*W1~CAS*CO*16*100~"), ("SECRET", "JANE")),
    ):
        found = x12.check(data.encode()).findings
        text = " ".join(found[["found", "expected", "message"]].to_numpy().ravel().tolist())
        assert len(found) and not [secret for secret in secrets if secret in text]


PERSON = """
    CLM*SECRET*100***11:B:1*Y*A*Y*Y~
    HI*ABK:J069*ABF:J069~
    LX*1~
    SV1*HC:99213*100*UN*1***1:7~
    DTP*472*D8*20250401~
    CLM*SECRET*100***11:B:1*Y*A*Y*Y~
    HI*ABK:J069~
    LX*1~
    SV1*HC:99213*100*UN*1***1~
    DTP*472*D8*20250401~
    HL*3*1*22*0~
    SBR*P*18*******CI~
    PAT*****D8*20240131~
    NM1*IL*1*SECRET*JANE****MI*W2~
    CLM*SECRET2*100***11:B:1*Y*A*Y*Y~
    HI*ABK:J069~
    LX*1~
    SV1*HC:99213*100*UN*1***1~
    DTP*472*D8*20250301~
"""
