"""Tables of the bank: lines of its statements and what they are tied to."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, Integer, String, Table, Text

from claims.store.schema.base import Cents, Code, Instant, key, metadata, ref

bank_lines = Table(
    "bank_lines",
    metadata,
    key("bank_line_id"),
    ref("file_id", "files.file_id"),
    Column("row_number", BigInteger, nullable=False),  # data row in the file, from 1
    Column("offset", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("line_key", String(64), nullable=False, unique=True),  # sha256 of what it says + ordinal among equals
    Column("bank_date", Date, nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("trace_number", String(80), nullable=False),
    Column("payer_identifier", String(80), nullable=False, server_default=""),  # of CCD+ addenda, or the bank's
    Column("payer_name", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("type_code", Code, nullable=False),
    Column("kind", Code, nullable=False, server_default="other"),  # codes/bank_types.csv
    # By the ties in force, for lists: what none of them explains, and open or (nothing is left) tied.
    Column("rest_cents", Cents, nullable=False),
    Column("state", Code, nullable=False),
    # The same money in another file (`ledger.same_money`): its account, key and place among equals of its file, the
    # line as which it stands (a copy: nothing of it is booked); its place before a person said that it is money of its
    # own (0: nobody did).
    Column("account", Text, nullable=False, server_default=""),
    Column("money_key", String(64)),
    Column("money_place", Integer, nullable=False, server_default="0"),
    ref("copy_of_line_id", "bank_lines.bank_line_id", optional=True),
    Column("place_before_own", Integer, nullable=False, server_default="0"),
    Index("ix_bank_lines_money_key", "money_key"),
    Index("ix_bank_lines_by_day", "state", "bank_date", "bank_line_id", "rest_cents"),
)

# What a bank line is: money of a remittance (remit_id), a deposit taken back (returns_line_id), a fee or money of
# patients (neither; the ledger lines of its journal name the payments).
# amount_cents is what it settles: fee_cents of it never reached the bank. The row without ended_at is in force.

deposit_matches = Table(
    "deposit_matches",
    metadata,
    key("deposit_match_id"),
    ref("bank_line_id", "bank_lines.bank_line_id"),
    ref("remit_id", "remittances.remit_id", optional=True),
    ref("returns_line_id", "bank_lines.bank_line_id", optional=True),
    Column("amount_cents", Cents, nullable=False),
    Column("fee_cents", Cents, nullable=False, server_default="0"),
    Column("rule", Code, nullable=False),  # codes/tie_rules.csv
    Column("score", Integer, nullable=False, server_default="0"),
    Column("evidence", Text, nullable=False, server_default=""),  # JSON: which facts agreed or differed
    ref("journal_id", "journals.journal_id"),
    Column("actor", String(120), nullable=False, server_default=""),
    Column("recorded_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_posting_date", Date),
    Column("ended_reason", Code),  # untied: a person said no, and the rules do not tie these two again
    # What a person wrote on tying and on untying: may name a patient.
    Column("words", Text, nullable=False, server_default=""),
    Column("ended_words", Text, nullable=False, server_default=""),
    Index("ix_deposit_matches_remit_id", "remit_id"),
    Index("ix_deposit_matches_current", "remit_id", "ended_at"),
    Index("ix_deposit_matches_bank_line_id", "bank_line_id"),
    Index("ix_deposit_matches_journal_id", "journal_id"),
)

# What was considered for a bank line, chosen or not, and why not. The rows without ended_at are the last look.
deposit_candidates = Table(
    "deposit_candidates",
    metadata,
    key("deposit_candidate_id"),
    ref("bank_line_id", "bank_lines.bank_line_id"),
    ref("remit_id", "remittances.remit_id", optional=True),
    ref("returns_line_id", "bank_lines.bank_line_id", optional=True),
    Column("amount_cents", Cents, nullable=False),  # what was open of it when it was considered
    Column("why", Code, nullable=False),  # codes/tie_reasons.csv
    Column("rule", Code, nullable=False),  # which rule chose it, or none
    Column("score", Integer, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_deposit_candidates_bank_line_id", "bank_line_id", "ended_at"),
    Index("ix_deposit_candidates_remit_id", "remit_id"),
)
