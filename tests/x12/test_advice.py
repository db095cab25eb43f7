"""Every code that a finding can have comes with what to do about it, and every advice has a code."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from claims import x12
from claims.x12.advice import known
from claims.x12.conform.rules import by_code, rules
from claims.x12.edits.rules import rules as edit_rules

ROOT = Path(__file__).resolve().parents[2]
X12 = ROOT / "claims" / "x12"
CODE = r'"([a-z]+(?:-[a-z0-9]+)+)"'
FORMS = (rf"{CODE},? (?:if|HOLD|NOTE|REJECT|else)", rf"^\s+{CODE},$", rf'[\w\]], {CODE}, f?"')


def codes_in_the_source() -> set[str]:
    """Find all codes that the source names, those that it puts together from parts included."""
    paths = [path for path in sorted(X12.rglob("*.py")) if not path.name.startswith("write")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    found = {code for form in FORMS for code in re.findall(form, source, re.M)}
    for rest in re.findall(r'f"\{what\}(-[a-z-]+)"', source):
        found |= {f"{what}{rest}" for what in ("interchange", "group", "set")}
    return found | set(re.findall(rf"note\(\s*{CODE}", source))


def test_every_code_in_the_source_has_advice():
    found = codes_in_the_source() - rules().keys() - edit_rules().keys() - {"utf-8", "latin-1"}
    assert len(found) > 40
    assert found - known().keys() == set()


def test_every_code_of_the_page_has_advice():
    page = (ROOT / "docs" / "frames.md").read_text(encoding="utf-8").split("## Findings of reading")[1]
    page = re.sub(r"interchange-, group-,? (?:and )?set- with ([a-z, -]+);", _spelled_out, page)
    page = re.sub(r"interchange-, group- and set-([a-z-]+)", _spelled_out, page)
    named = set(re.findall(r"\b[a-z]+(?:-[a-z0-9]+)+\b", page.split("Notes about")[0]))
    assert named - _beyond() == _of_reading()


def _spelled_out(found: re.Match[str]) -> str:
    return ", ".join(
        f"{what}-{rest}" for what in ("interchange", "group", "set") for rest in found.group(1).split(", ")
    )


def _of_reading() -> set[str]:
    """Return the codes of the page, which names also what reading finds of the rules beyond the guides."""
    return _of_the_table() - {"guide-not-checked", "guide-map-experimental", "guide-addendum-differs"}


def _of_the_table() -> set[str]:
    rows = csv.DictReader((X12 / "advice.csv").read_text(encoding="utf-8").splitlines())
    return {row["code"] for row in rows}


def _beyond() -> set[str]:
    return {rule.code for rule in edit_rules().values()}


def test_every_advice_has_a_code_of_its_own():
    rows = list(csv.DictReader((X12 / "advice.csv").read_text(encoding="utf-8").splitlines()))
    codes = [row["code"] for row in rows]
    assert len(codes) == len(set(codes)) and not set(codes) & (by_code().keys() | _beyond())
    # Those that `survey` puts together with a word.
    made = {f"text-{place}-interchange" for place in ("before", "after")} | {"text-between-interchanges"}
    assert set(codes) - codes_in_the_source() <= made


def test_sentences_and_advice_are_written_to_be_joined():
    for code, one in known().items():
        assert one.sentence and one.advice, code
        assert not one.sentence.endswith(".") and not one.advice.endswith("."), code
        assert one.advice[0].isupper() and not (one.sentence[0].isupper() and one.sentence[1].islower()), code


def test_an_unknown_code_has_no_advice():
    assert x12.advice("no-such-code") == ""
    assert x12.advice("set-count-differs").startswith("Find out whether segments were lost")
