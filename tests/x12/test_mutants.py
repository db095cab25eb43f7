"""What the reference is compared on: invented files visit nearly all of each guide, mutants are many and repeatable."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from tests.x12.invented import GUIDES, coverage, invent, invented_files
from tests.x12.mutants import KINDS, first_file, mutant, mutants
from tests.x12.reference import reference_of

# Segments that pyx12 cannot tell from the one before them.
OUT_OF_REACH = {"Durable Medical Equipment Certificate of Medical Necessity Indicator"}


# Made where these tests run: every worker collects all modules.
files = cache(invented_files)


@cache
def sparse() -> dict[str, bytes]:
    return {name: data for name, data in files().items() if "few" in name or "two" in name or "six" in name}


@pytest.mark.parametrize("guide", [*GUIDES, "all guides"])
def test_invented_files_are_valid(guide):
    of_guide = {name: data for name, data in files().items() if name.startswith(guide)}
    assert of_guide
    for name, data in of_guide.items():
        found = reference_of(data)
        assert (found.pairs, found.accepted, found.stopped) == (set(), True, ""), name
        assert {verdict for _segment, verdict in found.verdicts} == {"A"}, name


@pytest.mark.parametrize("guide", GUIDES)
def test_invented_files_visit_every_segment_of_a_guide(guide):
    seen, used = coverage(guide, [data for name, data in files().items() if name.startswith(f"{guide} ")])
    assert len(used) > 10
    assert {name for name in used - seen if not any(name.endswith(end) for end in OUT_OF_REACH)} == set()


def test_another_seed_invents_another_file():
    assert invent("005010X221A1", 1) == invent("005010X221A1", 1) != invent("005010X221A1", 2)


def test_mutants_are_the_same_every_time():
    first = [made.data for made in mutants(sparse(), 200, seed=5)]
    assert first == [made.data for made in mutants(sparse(), 200, seed=5)]
    assert mutant(sparse(), 150, seed=5).data == first[150]
    assert first != [made.data for made in mutants(sparse(), 200, seed=6)]


def test_every_kind_occurs_equally_often_and_files_take_turns():
    count = len(KINDS) * len(sparse())
    made = list(mutants(sparse(), count))
    assert Counter(one.kind for one in made) == dict.fromkeys(KINDS, len(sparse()))
    assert {one.name.split(",")[0] for one in made} == set(sparse())
    assert all(one.data not in sparse().values() for one in made)


def test_a_run_meets_every_file_about_as_often_and_another_seed_pairs_them_otherwise():
    count, files = 50 * len(KINDS), 122
    for seed in (1, 2):
        met = Counter(first_file(number, files, seed) for number in range(count))
        assert set(met) == set(range(files)) and max(met.values()) <= 2 * min(met.values())
    pairs = [{(number % len(KINDS), first_file(number, files, seed)) for number in range(count)} for seed in range(11)]
    assert len(pairs[1] & pairs[2]) < count
    assert len(set.union(*pairs)) == len(KINDS) * files


@pytest.mark.long
def test_mutants_raise_errors_of_every_level_and_leave_the_interchange_readable():
    found = [reference_of(one.data) for one in mutants(sparse(), len(KINDS) * 12)]
    codes = {code for reference in found for _segment, code in reference.pairs}
    assert codes >= {f"ELE {code}" for code in (1, 4, 5, 6, 7, 8, 9, 10)}
    assert codes >= {f"SEG {code}" for code in (1, 3, 4, 5, 8, "SEG1", "HL1", "HL2")}
    assert codes >= {
        "ST 2",
        "ST 3",
        "ST 4",
        "ST 23",
        "GS 3",
        "GS 4",
        "GS 5",
        "ISA 001",
        "ISA 021",
        "ISA 023",
        "ISA 024",
    }
    unread = sum(reference.segments < 2 for reference in found)
    assert unread <= len(found) / 20
