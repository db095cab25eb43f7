"""Keys, draws and sums by key: the same in any order, and summed over any parts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.payer.draws import draws, keys
from claims.payer.tally import Tally


def test_a_key_depends_on_its_texts_and_the_seed_alone():
    texts = pd.Series(["A", "B", "A"], index=[7, 3, 5])
    found = keys(texts, pd.Series(["1", "2", "1"]))
    assert found[0] == found[2] != found[1]
    assert keys(texts, pd.Series(["1", "2", "1"]), seed=1)[0] != found[0]
    assert keys(pd.Series(["A1"]), pd.Series([""]))[0] != keys(pd.Series(["A"]), pd.Series(["1"]))[0]


def test_draws_are_even_and_each_purpose_draws_by_itself():
    key = keys(pd.Series(np.arange(20_000)))
    one, other = draws(key, "one", 100), draws(key, "other", 100)
    assert set(one) == set(range(100))
    assert 0.009 < (one == 42).mean() < 0.011 or abs((one == 42).sum() - 200) < 60
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.03


def test_sums_do_not_depend_on_how_they_came():
    rng = np.random.default_rng(1)
    key, amount = rng.integers(0, 500, 5000).astype(np.uint64), rng.integers(-9, 9, 5000)
    whole, parts = Tally(), Tally()
    whole.add(key, amount)
    for part in np.array_split(np.arange(5000), 37):
        parts.add(key[part], amount[part])
    asked = np.arange(600, dtype=np.uint64)
    expected = [int(amount[key == one].sum()) for one in asked]
    assert list(whole.of(asked)) == list(parts.of(asked)) == expected
    assert len(parts.runs) < 10
    assert list(Tally.from_frame(parts.frame()).of(asked)) == expected
    assert list(Tally().of(asked)) == [0] * 600
