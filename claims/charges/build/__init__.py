"""Content and master data in; the frames of an 837 with everything that a payer must be told, out.

`enriched` fills in what the content leaves open, `cleaned` spells texts so that they can be sent and names those that
cannot, `in_sending_order` brings claims of the same provider, subscriber and patient together, `content_hashes` says in
one word for each claim what is sent.
"""

from claims.charges.build.enriched import enriched
from claims.charges.build.hashes import content_hashes
from claims.charges.build.line_numbers import numbered_lines, to_number
from claims.charges.build.look_up import LookUp
from claims.charges.build.order import in_sending_order
from claims.charges.build.texts import EDIT as NOT_SENDABLE_EDIT
from claims.charges.build.texts import cleaned

__all__ = [
    "NOT_SENDABLE_EDIT",
    "LookUp",
    "cleaned",
    "content_hashes",
    "enriched",
    "in_sending_order",
    "numbered_lines",
    "to_number",
]
