"""A practice with claims to send: master data of payers and partners, charges, and the way to make them ready."""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa

from claims.service.reconcile import reconcile
from claims.store import schema, seals
from claims.store.engine import read, write
from claims.store.load import frame
from tests.charges.build.masters import known
from tests.charges.test_charges_file import written

DAY = date(2026, 10, 20)
NOW = datetime(2026, 10, 20, 14, 30, 5, tzinfo=UTC)  # 10:30:05 in New York
BILLING = {
    "npi": "1999999018", "entity_type": "2", "last_name": "MADE UP FAMILY PRACTICE", "taxonomy": "207Q00000X",
    "tax_id": "900000099", "tax_id_qualifier": "EI", "address": "100 INVENTED WAY", "city": "NOWHERE", "state": "OH",
    "zip": "459990100", "pay_to_address": "PO BOX 99", "pay_to_city": "NOWHERE", "pay_to_state": "OH",
    "pay_to_zip": "459990099", "contact_name": "BILLING DESK", "contact_phone": "8005550100",
}  # fmt: skip
RENDERING = {
    "npi": "1999999026",
    "entity_type": "1",
    "last_name": "STETHOSCOPE",
    "first_name": "AVERY",
    "taxonomy": "207R00000X",
}
PAYER = {
    "payer_code": "FABLE", "payer_name": "FABLEWOOD HEALTH PLAN", "payer_identifier": "60054",
    "partner_code": "PRETEND", "filing_indicator_code": "12", "needs_taxonomy": True,
}  # fmt: skip
PARTNER = {
    "partner_code": "PRETEND", "partner_name": "PRETEND CLEARING HOUSE", "receiver_identifier": "PRETEND01",
    "submitter_name": "MADE UP FAMILY PRACTICE", "submitter_identifier": "MADEUP01", "contact_name": "BILLING DESK",
    "contact_phone": "8005550100", "usage_code": "P",
}  # fmt: skip
PERSON = {
    "subscriber_birth_date": "1980-02-03", "subscriber_gender": "F", "subscriber_address": "181 PENCIL WAY",
    "subscriber_city": "NOWHERE", "subscriber_state": "OH", "subscriber_zip": "45999", "rendering_npi": "1999999026",
    "billing_name": "MADE UP FAMILY PRACTICE",
}  # fmt: skip


def master(*, partner=None, payer=None, **kinds):
    """Give master data; `partner` and `payer` change the one row of each."""
    rows = {
        "providers": [BILLING, RENDERING],
        "payers": [PAYER | (payer or {})],
        "partners": [PARTNER | (partner or {})],
    }
    return known(**(rows | kinds))


def charges(count, **changes):
    """Write charges for `count` claims of a handful of members, of one or two lines."""
    rows = []
    for number in range(1, count + 1):
        member = {
            "claim_number": f"A{number:05d}",
            "member_id": f"W{number % 7}",
            "subscriber_last_name": f"TEACUP{number % 7}",
        }
        rows.append(PERSON | member | changes)
        if number % 2:
            rows.append(PERSON | member | {"procedure_code": "85025", "charge": "50.00"} | changes)
    return written(*({key: str(value) for key, value in row.items()} for row in rows))


def make_ready(practice):
    """Let every claim to send that stands be ready, as scrubbing does."""
    reconcile(practice.ctx, DAY)
    table = schema.claims
    set_life(practice, "ready", table.c.origin == "to_send", table.c.state == "stored")


def set_life(practice, life, *where):
    """Give claims another life, sealed as the program seals what it writes."""
    table = schema.claims
    with write(practice.ctx.engine) as conn:
        seals.note(conn, table, conn.scalars(sa.select(table.c.claim_id).where(*where)))
        conn.execute(sa.update(table).where(*where).values(life=life))


def rows(practice, table, *order):
    """Give all rows of a table, in the order asked for, else in that of their keys."""
    with read(practice.ctx.engine) as conn:
        return frame(conn, sa.select(table).order_by(*(order or table.primary_key.columns)))
