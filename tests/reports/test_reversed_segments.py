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
    svc = svc.assign(paid_cents=0, service_date=None, line_control_number="")
    columns = ["claim_payment_id", "service_payment_id", "adjustment_id", "group_code", "reason_code", "seg", "ordinal"]
    cas = [(FIRST, 0, 31, "CO", "45", 2, 1), (FIRST, 11, 32, "CO", "45", 4, 1), (FIRST, 11, 33, "PR", "2", 5, 1)]
    cas += [(FIRST, 13, 34, "CO", "97", 9, 1), (FIRST, 12, 35, "CO", "97", 7, 1)]
    cas += [(BACK, 0, 41, "CO", "45", 22, 2), (BACK, 21, 42, "CO", "97", 24, 1), (BACK, 22, 43, "CO", "97", 26, 1)]
    cas += [(BACK, 23, 44, "CO", "45", 28, 3)]
    adjusted = pd.DataFrame(cas, columns=columns).assign(offset=6, length=8, amount_cents=0)
    lines = [(0, 31), (11, 32), (11, 33), (13, 34), (12, 35), (11, 0), (14, 0), (0, 99)]
    rows = pd.DataFrame(lines, columns=["service_payment_id", "adjustment_id"]).assign(claim_payment_id=BACK)
    found = places(rows, svc, adjusted)
    assert found["seg"].to_dict() == {0: 22, 1: 28, 2: 27, 3: 26, 4: 24, 5: 27}
    assert found.loc[[0, 5]].to_numpy().tolist() == [[22, 6, 8], [27, 5, 7]]


def paired(taken, back):
    """Which segment each service, and each adjustment, of a decision has in its reversal.

    Services: line control number, day, paid, adjustments (reason, amount).
    """
    services, adjustments = [], []
    for claim_payment_id, sign, own in ((FIRST, 1, taken), (BACK, -1, back)):
        for nth, (control, day, paid, adjusted) in enumerate(own):
            service_id = claim_payment_id * 100 + nth
            services.append((claim_payment_id, service_id, "99213", sign * 150, sign * paid, day, control, service_id))
            for place, (reason, cents) in enumerate(adjusted):
                adjustment = service_id * 10 + place
                adjustments.append((claim_payment_id, service_id, adjustment, reason, sign * cents, adjustment, 1))
    columns = ["claim_payment_id", "service_payment_id", "procedure_code", "charge_cents", "paid_cents"]
    columns += ["service_date", "line_control_number", "seg"]
    svc = pd.DataFrame(services, columns=columns).assign(modifiers="", offset=5, length=7)
    columns = [
        "claim_payment_id",
        "service_payment_id",
        "adjustment_id",
        "reason_code",
        "amount_cents",
        "seg",
        "ordinal",
    ]
    cas = pd.DataFrame(adjustments, columns=columns).assign(group_code="CO", offset=6, length=8)
    of_services = svc[svc["claim_payment_id"] == FIRST].assign(adjustment_id=0)
    lines = pd.concat([of_services, cas[cas["claim_payment_id"] == FIRST]], ignore_index=True)
    found = places(lines.assign(claim_payment_id=BACK), svc, cas)["seg"].reindex(lines.index).fillna(0).astype(int)
    return found[: len(of_services)].tolist(), found[len(of_services) :].tolist()


def test_equal_services_in_another_order_pair_by_number_day_payment_and_adjustments_or_not_at_all():
    paid, denied = [("45", 62)], [("197", 150)]
    swapped = ([201, 200], [2010, 2000])
    assert paired([("1", "", 88, paid), ("2", "", 0, denied)], [("2", "", 0, denied), ("1", "", 88, paid)]) == swapped
    first, second = ("", "2025-02-01", 88, paid), ("", "2025-02-02", 88, paid)
    assert paired([first, second], [second, first]) == swapped
    assert paired([("", "", 88, paid), ("", "", 0, denied)], [("", "", 0, denied), ("", "", 88, paid)]) == swapped
    cut, other = ("", "", 0, [("197", 150)]), ("", "", 0, [("96", 150)])
    assert paired([cut, other], [other, cut]) == swapped
    # The same in all of it: the order of the file.
    assert paired([first, first], [first, first]) == ([200, 201], [2000, 2010])
    # Neither paid nor adjusted as either was, or of another day: it may be the other one.
    odd = ("", "", 20, [("45", 130)])
    assert paired([("", "", 88, paid), ("", "", 0, denied)], [odd, odd]) == ([0, 0], [0, 0])
    assert paired([first], [second]) == ([0], [0])
    # Two of one group and reason in a service, the other way round.
    twice, back = ("", "", 0, [("45", 10), ("45", 20)]), ("", "", 0, [("45", 20), ("45", 10)])
    assert paired([twice], [back]) == ([200], [2001, 2000])
