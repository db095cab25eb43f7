"""Where a file is cut into windows and parts changes no finding of conformance: counts and places are carried over."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from claims.x12 import scan
from claims.x12.conform import Conformance
from tests.x12.mutants import mutants, valid_files


def findings(data: bytes, **how: int) -> pd.DataFrame:
    """Give all findings, in parts put together."""
    parts = [part.findings for part in scan(data, conformance=Conformance(), **how)]
    return pd.concat(parts, ignore_index=True).sort_values(["seg", "offset", "element", "code"], ignore_index=True)


@cache
def large() -> dict[str, bytes]:
    """Give the valid files that are more than one window; made where tests run, as every worker collects them all."""
    return {name: data for name, data in valid_files().items() if len(data) > 3000}


def test_a_valid_file_stays_valid_in_small_windows():
    assert large()
    for name in sorted(large())[:24]:
        found = findings(large()[name], window=700, part=1500)
        assert not len(found[found["severity"] == "reject"]), name


@pytest.mark.long
def test_mutants_have_the_same_findings_in_small_windows():
    differing = {}
    for mutant in mutants(large(), 44, seed=7):
        whole = findings(mutant.data, part=1 << 40)
        cut = findings(mutant.data, window=900, part=2000)
        if not whole.equals(cut):
            differing[mutant.name] = (len(whole), len(cut))
    assert not differing
