"""The pages of lines that were paid below their contract."""

from __future__ import annotations

import re
from datetime import date

from claims.service.intake import ingest
from claims.service.master import import_files
from claims.service.reconcile import reconcile
from tests.books import PAYER_ID, Bill, remit
from tests.books import claims as claims_file

DAY = date(2025, 7, 1)
PAID = f"""BPR*I*80*C*ACH************20250620~
           TRN*1*T5*{PAYER_ID}~
           CLP*V1*1*150*80**12*ICNV1~
           SVC*HC:99213*150*80**1~
           CAS*CO*45*70~"""


def test_an_underpaid_line_is_listed_and_told(desk, tmp_path):
    fees = tmp_path / "fee_schedules.csv"
    fees.write_text(f"payer_code,procedure_code,allowed\n{PAYER_ID},99213,110.00\n")
    import_files(desk.ctx, [fees])
    paths = [tmp_path / "v.837", tmp_path / "v.835"]
    for path, content in zip(paths, (claims_file(Bill("V1", [("99213", "150")])), remit(PAID)), strict=True):
        path.write_bytes(content)
    ingest(desk.ctx, paths, DAY)
    reconcile(desk.ctx, DAY)
    client = desk.sign_in("ann")
    text = client.get("/variances?state=any").text
    assert "underpaid" in text and "$110.00" in text and "$80.00" in text
    told = client.get(re.search(r'data-open="(/variances/[0-9a-f]+)"', text)[1])
    assert told.status_code == 200 and "How it was priced" in told.text and "ICNV1" in told.text
