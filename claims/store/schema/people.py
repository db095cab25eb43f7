"""Tables of people: who may sign in, their sessions, recovery codes, attempts to sign in, and searches they made.

No password, token, code or second factor stands here as it is: hashes, or sealed with the key file.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from claims.store.schema.base import Cents, Code, Instant, key, metadata, ref

# state: invited (has to set a password), active, disabled.
users = Table(
    "users",
    metadata,
    key("user_id"),
    Column("name", String(40), nullable=False, unique=True),
    Column("roles", String(80), nullable=False),  # "admin biller"
    Column("state", Code, nullable=False),
    Column("password_hash", Text, nullable=False, server_default=""),
    Column("sealed_secret", Text, nullable=False),  # of the second factor
    Column("has_second_factor", BigInteger, nullable=False, server_default="0"),  # 1: a first code was right
    Column("last_step", BigInteger, nullable=False, server_default="0"),  # of the second factor: each is good once
    Column("write_off_limit_cents", Cents, nullable=False, server_default="0"),  # above: a second person
    Column("invitation_sha256", String(64)),  # of the token of the link for the first sign-in
    Column("invitation_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("password_at", Instant),
    Index("ix_users_invitation_sha256", "invitation_sha256", unique=True),
)

# state: password (the second factor is still to come), signed_in, ended.
sessions = Table(
    "sessions",
    metadata,
    key("session_id"),
    ref("user_id", "users.user_id"),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("state", Code, nullable=False),
    Column("address", String(60), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("emergency_until", Instant),
    Column("looks_at", String(80), nullable=False, server_default=""),  # what its last page was about: "case 12"
    Column("looked_at", Instant),
    Index("ix_sessions_user_id", "user_id"),
    Index("ix_sessions_looks_at", "looks_at", "looked_at"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    key("recovery_code_id"),
    ref("user_id", "users.user_id"),
    Column("code_sha256", String(64), nullable=False),
    Column("used_at", Instant),
    Index("ix_recovery_codes_user_id", "user_id"),
)

# Failed ones, for as long as they delay the next, and those that are looked at right now; the audit chain keeps all
# that failed. The name is a hash: people type passwords into the wrong field.
login_attempts = Table(
    "login_attempts",
    metadata,
    key("login_attempt_id"),
    Column("name_sha256", String(64), nullable=False),
    Column("address", String(60), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Index("ix_login_attempts_name_sha256", "name_sha256", "recorded_at"),
    Index("ix_login_attempts_address", "address", "recorded_at"),
)

# What was looked for may name a patient: it stands here, and only the random search_key in an address.
searches = Table(
    "searches",
    metadata,
    key("search_id"),
    Column("search_key", String(32), nullable=False, unique=True),
    ref("user_id", "users.user_id"),
    Column("words", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)
