"""Conformance agrees with pyx12, on every sample that it can process and on thousands of mutants of valid files."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

from claims.x12.conform import exact, values, walk
from claims.x12.conform.nodes import UNLIMITED
from tests.x12.conform.agreement import KNOWN, NOT_PROCESSED, see, unexplained
from tests.x12.mutants import SAMPLES, mutants, valid_files

FILES = [path for path in sorted(SAMPLES.glob("*/**/*")) if path.is_file()] if SAMPLES.is_dir() else []


@pytest.mark.skipif(not FILES, reason="the shared samples are not there")
def test_samples_get_the_same_verdicts_and_pairs():
    compared, wrong, used = 0, {}, Counter()
    for path in FILES:
        seen = see(path.read_bytes())
        if seen.reference.stopped in NOT_PROCESSED or _is_of_another_guide(seen):
            continue
        compared += 1
        found = unexplained(seen, used)
        if found:
            wrong["/".join(path.parts[-2:])] = found[:3]
    assert not wrong
    assert compared > 80, used


def _is_of_another_guide(seen) -> bool:
    """pyx12 also has maps for guides that are not ours, such as the 820."""
    return "guide-not-checked" in set(seen.file.findings["code"])


@cache
def files_to_change() -> dict[str, bytes]:
    """Give the valid files of guides that are ours."""
    return {name: data for name, data in valid_files().items() if not _is_of_another_guide(see(data))}


def disagreements(
    count: int, seed: int, kinds: tuple[str, ...] = (), *, most: int = 0
) -> tuple[int, dict[str, list[str]], Counter[str]]:
    """Compare `count` mutants; give how many were compared, what nobody explains, what is known.

    With `most`, comparing ends with so many that nobody explains.
    """
    compared, wrong, used = 0, {}, Counter()
    for mutant in mutants(files_to_change(), count, seed):
        if kinds and mutant.kind not in kinds:
            continue
        seen = see(mutant.data)
        if seen.reference.stopped in NOT_PROCESSED:
            continue
        compared += 1
        found = unexplained(seen, used)
        if found:
            wrong[mutant.name] = found[:3]
            if len(wrong) == most:
                break
    return compared, wrong, used


def test_mutants_get_the_same_verdicts_and_pairs():
    compared, wrong, used = disagreements(220, seed=1)
    assert not wrong
    assert compared >= 200
    print(compared, dict(used))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 12))
def test_many_mutants_get_the_same_verdicts_and_pairs(seed):
    compared, wrong, _ = disagreements(2200, seed)
    assert not wrong
    assert compared >= 2000


def test_a_separator_behind_the_guide_does_not_hide_it():
    """Number 2067 of seed 4, as files took their turns before."""
    data = files_to_change()["005010X231A1 some"].replace(b"*005010X231A1~ST", b"*005010X231A1:~ST")
    head, _, rest = data.partition(b"~AK1")
    seen = see(head + rest[rest.index(b"~SE") :])
    assert unexplained(seen) == []
    assert {(4, "SEG 3"), (2, "ELE 6")} <= seen.reference.pairs and not _is_of_another_guide(seen)


def test_a_separator_behind_the_number_of_a_parent_does_not_hide_it():
    """Number 1646 of seed 9, without the shared samples."""
    data = files_to_change()["005010X214 full"]
    seen = see(data.replace(b"~HL*4*3*PT", b"~HL*4*3:*PT"))
    assert seen.data != data
    assert unexplained(seen) == []
    assert "hierarchy-parent-wrong" not in set(seen.file.findings["code"])


def test_a_set_of_another_guide_inside_a_set_is_the_one_that_it_names():
    """Number 1064 of seed 4, without the shared samples."""
    data = files_to_change()["all guides"]
    inside = b"~ST*999*0001*005010X231~AK1*HB*8*MARZIPAN~AK9*E*7*7*7~HL*2*1*22*0~SBR"
    seen = see(data.replace(b"~HL*2*1*22*0~SBR", inside, 1))
    assert seen.data != data
    assert unexplained(seen) == []
    begun = seen.ids.index("AK1") + 1
    assert {pair for pair in seen.only_reference if pair[1] == "SEG 1"} == {(begun + at, "SEG 1") for at in (-1, 0, 1)}


def test_an_835_may_have_several_provider_adjustment_segments():
    """The one place where pyx12's map refuses what the guide allows."""
    data = next(one for name, one in sorted(files_to_change().items()) if b"~PLB*" in one and b"~SE" in one)
    adjustment = data[data.index(b"~PLB*") :].split(b"~")[1]
    count = int(data.partition(b"~SE*")[2].partition(b"*")[0])
    halves = adjustment.partition(b"*")[2].split(b"*")
    assert len(halves) >= 4
    second = b"~PLB*%s*%s*L6:I*0" % tuple(halves[:2])
    more = data.replace(b"~" + adjustment, b"~" + adjustment + second, 1)
    seen = see(more.replace(b"~SE*%d*" % count, b"~SE*%d*" % (count + 1), 1))
    assert unexplained(seen) == []
    assert not seen.file.findings["code"].isin(["loop-too-often"]).any()
    assert "SEG 4" in {code for _, code in seen.only_reference}


def test_known_differences_are_few_and_say_why():
    assert len({known.name for known in KNOWN}) == len(KNOWN) <= 13
    assert all(len(known.reason) > 30 for known in KNOWN)


def _any_length(monkeypatch):
    plain = values.ValueRules.__init__

    def patched(self, fields):
        plain(self, fields)
        self.fields = fields = _copy(fields)
        fields.high = np.full(len(fields.high), 1 << 40)

    monkeypatch.setattr(values.ValueRules, "__init__", patched)


def _copy(fields):
    from dataclasses import replace

    return replace(fields)


def _any_number(monkeypatch):
    plain = walk.Walker.__init__

    def patched(self, grammar):
        plain(self, grammar)
        self._max_use = np.full(len(self._max_use), UNLIMITED)

    monkeypatch.setattr(walk.Walker, "__init__", patched)


def _every_february_has_29_days(monkeypatch):
    plain = exact._is_date
    monkeypatch.setattr(exact, "_is_date", lambda text, kind: plain(text.replace("0229", "0228"), kind))


@pytest.mark.parametrize("bug", [_any_length, _any_number, _every_february_has_29_days])
def test_a_planted_bug_is_caught(bug, monkeypatch):
    bug(monkeypatch)
    kinds = ("element lengthened", "segment repeated beyond its maximum", "segment doubled", "bad date")
    assert disagreements(1500, seed=1, kinds=kinds, most=1)[1]
