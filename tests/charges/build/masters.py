"""A little master data to build claims from, in memory."""

from __future__ import annotations

import pandas as pd

BEGINNING, END = 18800101, 99991231


class KnownRows:
    """Rows by kind, each a dict with its key; looked up one by one."""

    def __init__(self, **kinds: list[dict]) -> None:
        self._kinds = kinds

    def rows(self, kind):
        rows = [{"effective_from": BEGINNING, "effective_to": END, **row} for row in self._kinds.get(kind, [])]
        columns = {**COLUMNS[kind], "effective_from": BEGINNING, "effective_to": END}
        return pd.DataFrame([{**COLUMNS[kind], **row} for row in rows], columns=list(columns))

    def look_up(self, kind, keys, days):
        found = []
        rows = self.rows(kind).to_dict("records")
        for key, day in zip(keys.to_dict("records"), days.tolist(), strict=True):
            fit = [
                row
                for row in rows
                if row["effective_from"] <= day <= row["effective_to"] and all(row[n] == v for n, v in key.items())
            ]
            found.append({**(fit[0] if fit else COLUMNS[kind]), "is_known": bool(fit)})
        frame = pd.DataFrame(found, index=keys.index, columns=[*COLUMNS[kind], "is_known"])
        return frame.astype({name: "str" for name, value in COLUMNS[kind].items() if value == ""})


def texts(names: str) -> dict:
    return dict.fromkeys(names.split(), "")


COLUMNS = {
    "payers": texts(
        "payer_code payer_name payer_identifier payer_identifier_qualifier partner_code filing_indicator_code"
    )
    | {"needs_taxonomy": False},
    "providers": texts(
        "npi entity_type last_name first_name taxonomy tax_id tax_id_qualifier address city state zip pay_to_address "
        "pay_to_city pay_to_state pay_to_zip contact_name contact_phone clia_number mammography_number"
    ),
    "facilities": texts("npi name address city state zip clia_number mammography_number"),
    "procedures": texts("procedure_code trait"),
}
