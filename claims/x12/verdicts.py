"""A checked file in; the verdict on each of its sets out, with what becomes of the interchange around it."""

from __future__ import annotations

import pandas as pd

from claims.x12.acknowledge.interchanges import interchange_codes
from claims.x12.check import Verdicts
from claims.x12.file import X12File


def verdicts(file: X12File) -> pd.DataFrame:
    """Return `transaction_seg`, `verdict` and `interchange_code` of each set of a whole file.

    `verdict`: R refused by its guide or envelope, E accepted with notes, A accepted. Findings with a code for a 999
    decide; those on balance and on rules beyond the guide have none. A set that is not read here is refused whatever it
    holds. `interchange_code` is TA104 of the interchange: R when all of it is refused, and no 999 tells of the set; ""
    for a set in none.
    """
    found = Verdicts().of(file)[["transaction_seg", "verdict"]]
    sets = file.transactions.set_index("seg")["interchange_seg"].loc[found["transaction_seg"]]
    codes = interchange_codes(file, sets)
    return found.assign(interchange_code=pd.Series(codes, index=found.index, dtype="str"))
