"""A reversal says in segments of its own what it takes back: service by service, adjustment by adjustment."""

import pandas as pd

from claims.reports.reversed_segments import places

FIRST, BACK = 1, 2


def test_each_line_of_a_reversal_stands_on_its_own_cas_else_its_svc_else_nowhere():
    columns = ["claim_payment_id", "service_payment_id", "procedure_code", "charge_cents", "seg"]
    # The reversal names its lines in another order; 87086 came twice, and a line of the decision is not in it.
    services = [(FIRST, 11, "99213", 150, 3), (FIRST, 12, "87086", 50, 6), (FIRST, 13, "87086", 50, 8)]
    services += [(FIRST, 14, "0001U", 9, 9)]
    services += [(BACK, 21, "87086", -50, 23), (BACK, 22, "87086", -50, 25), (BACK, 23, "99213", -150, 27)]
    svc = pd.DataFrame(services, columns=columns).assign(modifiers="", offset=5, length=7)
    columns = ["claim_payment_id", "service_payment_id", "adjustment_id", "group_code", "reason_code", "seg", "ordinal"]
    cas = [(FIRST, 0, 31, "CO", "45", 2, 1), (FIRST, 11, 32, "CO", "45", 4, 1), (FIRST, 11, 33, "PR", "2", 5, 1)]
    cas += [(FIRST, 13, 34, "CO", "97", 9, 1), (FIRST, 12, 35, "CO", "97", 7, 1)]
    cas += [(BACK, 0, 41, "CO", "45", 22, 2), (BACK, 21, 42, "CO", "97", 24, 1), (BACK, 22, 43, "CO", "97", 26, 1)]
    cas += [(BACK, 23, 44, "CO", "45", 28, 3)]
    adjusted = pd.DataFrame(cas, columns=columns).assign(offset=6, length=8)
    lines = [(0, 31), (11, 32), (11, 33), (13, 34), (12, 35), (11, 0), (14, 0), (0, 99)]
    rows = pd.DataFrame(lines, columns=["service_payment_id", "adjustment_id"]).assign(claim_payment_id=BACK)
    found = places(rows, svc, adjusted)
    assert found["seg"].to_dict() == {0: 22, 1: 28, 2: 27, 3: 26, 4: 24, 5: 27}
    assert found.loc[[0, 5]].to_numpy().tolist() == [[22, 6, 8], [27, 5, 7]]
