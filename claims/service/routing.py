"""Ready claims find the trading partner that takes the claims of their payer, and parts of some files each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from claims.master import Master

# A part is read, built and written in memory; small files share one.
CLAIMS_PER_PART = 10_000
_PLAIN = "[A-Za-z0-9_-]{1,40}"


class Part(NamedTuple):
    """Claims of one kind to one partner, some files of them; in sending order."""

    partner: dict[str, Any]
    kind: str
    claims: pd.DataFrame

    @property
    def is_test(self) -> bool:
        """Tell whether nobody pays for what is sent."""
        return bool(self.partner["usage_code"] == "T")


def routed(claims: pd.DataFrame, master: Master, day: date) -> pd.DataFrame:
    """Add partner_code and usage_code as of the day of sending; empty where no partner takes the claims.

    Nor does one whose code could not stand in the name of a file: older master data may have such.
    """
    days = pd.Series(int(day.strftime("%Y%m%d")), index=claims.index)
    payers = master.look_up("payers", claims[["payer_code"]], days)
    partners = master.look_up("partners", payers[["partner_code"]], days)
    is_plain = partners["partner_code"].str.fullmatch(_PLAIN).to_numpy()
    names = ("partner_code", "usage_code")
    return claims.assign(**{name: partners[name].where(is_plain, "").to_numpy() for name in names})


def parts(claims: pd.DataFrame, master: Master, day: date) -> Iterator[Part]:
    """Cut routed claims into parts, in the order of partner and kind; many by the files that they are read from.

    So no file is read again for each part; a file to send is put into sending order by itself.
    """
    partners = master.at("partners", int(day.strftime("%Y%m%d"))).set_index("partner_code", drop=False)
    for (partner_code, kind), mine in claims.groupby(["partner_code", "kind"], sort=True):
        partner = {str(name): value for name, value in partners.loc[str(partner_code)].to_dict().items()}
        per_file = int(partner["claims_per_file"])
        per_part = per_file * max(1, CLAIMS_PER_PART // per_file)
        own = mine.sort_values(["sha256", "seg"], kind="stable") if len(mine) > per_part else mine
        for start in range(0, len(own), per_part):
            yield Part(partner, str(kind), own.iloc[start : start + per_part])
