"""How much an edit counts with a payer: `edit_settings` of master data in; a severity and which switch decided out.

The most exact row wins: of the payer, then of the partner, then for all; of each that of the case (S03a) before that of
its edit (S03).
"""

from __future__ import annotations

import pandas as pd

from claims.charges.scrub.edits import NOTE, OFF, SEVERITIES, Edit

TABLE = "edits.csv"


class Switches:
    """The rows of `edit_settings` that hold today."""

    def __init__(self, settings: pd.DataFrame, today: int) -> None:
        self._severity: dict[tuple[str, str, str], str] = {}
        if len(settings):
            rows = settings.reindex(columns=["edit_id", "payer_code", "partner_code"]).fillna("")
            since = settings["effective_from"] if "effective_from" in settings else pd.Series(0, settings.index)
            until = settings["effective_to"] if "effective_to" in settings else pd.Series(today, settings.index)
            for key, severity, first, last in zip(
                rows.itertuples(index=False, name=None), settings["severity"], since, until, strict=True
            ):
                if severity in SEVERITIES and first <= today <= last:
                    self._severity[key] = severity

    def decide(self, edit: Edit, payer_code: str, partner_code: str = "") -> tuple[str, str]:
        """Return the severity of an edit with a payer, and the switch that decided; a note can only be switched off."""
        whom = ((payer_code, partner_code), (payer_code, ""), ("", partner_code), ("", ""))
        for payer, partner in dict.fromkeys(whom):
            for name in dict.fromkeys((edit.edit_id, edit.family)):
                severity = self._severity.get((name, payer, partner))
                if severity and (edit.severity != NOTE or severity == OFF):
                    return severity, f"{name} for {' with '.join(filter(None, (payer, partner))) or 'every payer'}"
        return edit.severity, TABLE
