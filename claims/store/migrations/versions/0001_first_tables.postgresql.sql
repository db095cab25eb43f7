CREATE TABLE act_reasons (
    act_reason_id BIGINT NOT NULL,
    action VARCHAR(40) NOT NULL,
    reason TEXT NOT NULL,
    actor VARCHAR(120) NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    CONSTRAINT pk_act_reasons PRIMARY KEY (act_reason_id)
);

CREATE TABLE audit_events (
    seq BIGINT NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    actor VARCHAR(120) NOT NULL,
    action VARCHAR(40) NOT NULL,
    subject VARCHAR(120) NOT NULL,
    body TEXT NOT NULL,
    previous_mac VARCHAR(64) NOT NULL,
    mac VARCHAR(64) NOT NULL,
    CONSTRAINT pk_audit_events PRIMARY KEY (seq),
    CONSTRAINT uq_audit_events_mac UNIQUE (mac)
);

CREATE TABLE closed_periods (
    through_date DATE NOT NULL,
    closed_at VARCHAR(27) NOT NULL,
    actor VARCHAR(120) NOT NULL,
    journals BIGINT NOT NULL,
    head_hash VARCHAR(64) NOT NULL,
    CONSTRAINT pk_closed_periods PRIMARY KEY (through_date)
);

CREATE TABLE control_numbers (
    sequence VARCHAR(40) NOT NULL,
    next_number BIGINT NOT NULL,
    CONSTRAINT pk_control_numbers PRIMARY KEY (sequence)
);

CREATE TABLE denial_actions (
    action_id BIGINT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    state VARCHAR(40) NOT NULL,
    cases BIGINT NOT NULL,
    amount_cents BIGINT NOT NULL,
    reason TEXT NOT NULL,
    parameters TEXT NOT NULL,
    requested_by VARCHAR(120) NOT NULL,
    posting_date DATE NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    approved_by VARCHAR(120) DEFAULT '' NOT NULL,
    decided_posting_date DATE,
    decided_at VARCHAR(27),
    undoes_action_id BIGINT,
    CONSTRAINT pk_denial_actions PRIMARY KEY (action_id),
    CONSTRAINT fk_denial_actions_undoes_action_id FOREIGN KEY(undoes_action_id) REFERENCES denial_actions (action_id)
);

CREATE INDEX ix_denial_actions_state ON denial_actions (state, action_id);

CREATE TABLE denial_patterns (
    pattern_id BIGINT NOT NULL,
    pattern_key VARCHAR(64) NOT NULL,
    payer_code VARCHAR(80) NOT NULL,
    reason_code VARCHAR(20) NOT NULL,
    remark_codes TEXT NOT NULL,
    procedure_codes TEXT NOT NULL,
    first_remit_date DATE,
    last_remit_date DATE,
    cases BIGINT NOT NULL,
    posting_date DATE NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    CONSTRAINT pk_denial_patterns PRIMARY KEY (pattern_id),
    CONSTRAINT uq_denial_patterns_pattern_key UNIQUE (pattern_key)
);

CREATE INDEX ix_denial_patterns_cause ON denial_patterns (payer_code, reason_code);

CREATE TABLE edit_proposals (
    edit_proposal_id BIGINT NOT NULL,
    edit_id VARCHAR(40) NOT NULL,
    payer_code VARCHAR(80) NOT NULL,
    severity VARCHAR(40) NOT NULL,
    present_severity VARCHAR(40) NOT NULL,
    rejections BIGINT NOT NULL,
    amount_cents BIGINT NOT NULL,
    state VARCHAR(40) NOT NULL,
    posting_date DATE NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    closed_at VARCHAR(27),
    actor VARCHAR(120) NOT NULL,
    CONSTRAINT pk_edit_proposals PRIMARY KEY (edit_proposal_id),
    CONSTRAINT uq_edit_proposals_edit_id_payer_code UNIQUE (edit_id, payer_code)
);

CREATE TABLE families (
    family_id BIGINT NOT NULL,
    billing_npi VARCHAR(40) NOT NULL,
    claim_number VARCHAR(60) NOT NULL,
    claim_number_normal VARCHAR(60) NOT NULL,
    CONSTRAINT pk_families PRIMARY KEY (family_id),
    CONSTRAINT uq_families_billing_npi_claim_number UNIQUE (billing_npi, claim_number)
);

CREATE INDEX ix_families_claim_number ON families (claim_number);

CREATE INDEX ix_families_claim_number_normal ON families (claim_number_normal);

CREATE TABLE id_blocks (
    table_name VARCHAR(60) NOT NULL,
    next_id BIGINT NOT NULL,
    CONSTRAINT pk_id_blocks PRIMARY KEY (table_name)
);

CREATE TABLE login_attempts (
    login_attempt_id BIGINT NOT NULL,
    name_sha256 VARCHAR(64) NOT NULL,
    address VARCHAR(60) NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    CONSTRAINT pk_login_attempts PRIMARY KEY (login_attempt_id)
);

CREATE INDEX ix_login_attempts_address ON login_attempts (address, recorded_at);

CREATE INDEX ix_login_attempts_name_sha256 ON login_attempts (name_sha256, recorded_at);

CREATE TABLE money_requests (
    money_request_id BIGINT NOT NULL,
    request_key VARCHAR(64) NOT NULL,
    kind VARCHAR(40) NOT NULL,
    state VARCHAR(40) NOT NULL,
    amount_cents BIGINT NOT NULL,
    payer_code VARCHAR(80) DEFAULT '' NOT NULL,
    reference VARCHAR(80) DEFAULT '' NOT NULL,
    parameters TEXT NOT NULL,
    reason TEXT NOT NULL,
    although TEXT NOT NULL,
    requested_by VARCHAR(120) NOT NULL,
    requested_at VARCHAR(27) NOT NULL,
    posting_date DATE NOT NULL,
    decided_by VARCHAR(120) DEFAULT '' NOT NULL,
    decided_at VARCHAR(27),
    decided_posting_date DATE,
    CONSTRAINT pk_money_requests PRIMARY KEY (money_request_id),
    CONSTRAINT uq_money_requests_request_key UNIQUE (request_key)
);

CREATE INDEX ix_money_requests_requested_by ON money_requests (requested_by, kind);

CREATE INDEX ix_money_requests_state ON money_requests (state, money_request_id);

CREATE TABLE row_seals (
    row_seal_id BIGINT NOT NULL,
    table_name VARCHAR(60) NOT NULL,
    seals TEXT NOT NULL,
    befores TEXT NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT pk_row_seals PRIMARY KEY (row_seal_id)
);

CREATE INDEX ix_row_seals_table_name ON row_seals (table_name, row_seal_id);

CREATE TABLE runs (
    run_id BIGINT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    posting_date DATE NOT NULL,
    state VARCHAR(40) NOT NULL,
    actor VARCHAR(120) NOT NULL,
    host VARCHAR(120) NOT NULL,
    process_id BIGINT NOT NULL,
    process_started VARCHAR(40) NOT NULL,
    started_at VARCHAR(27) NOT NULL,
    finished_at VARCHAR(27),
    counts TEXT DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_runs PRIMARY KEY (run_id)
);

CREATE TABLE saved_views (
    view_id BIGINT NOT NULL,
    owner VARCHAR(120) NOT NULL,
    name VARCHAR(80) NOT NULL,
    filters TEXT NOT NULL,
    sort VARCHAR(40) NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    CONSTRAINT pk_saved_views PRIMARY KEY (view_id),
    CONSTRAINT uq_saved_views_owner_name UNIQUE (owner, name)
);

CREATE TABLE users (
    user_id BIGINT NOT NULL,
    name VARCHAR(40) NOT NULL,
    roles VARCHAR(80) NOT NULL,
    state VARCHAR(40) NOT NULL,
    password_hash TEXT DEFAULT '' NOT NULL,
    sealed_secret TEXT NOT NULL,
    has_second_factor BIGINT DEFAULT '0' NOT NULL,
    last_step BIGINT DEFAULT '0' NOT NULL,
    write_off_limit_cents BIGINT DEFAULT '0' NOT NULL,
    invitation_sha256 VARCHAR(64),
    invitation_until VARCHAR(27),
    created_at VARCHAR(27) NOT NULL,
    password_at VARCHAR(27),
    CONSTRAINT pk_users PRIMARY KEY (user_id),
    CONSTRAINT uq_users_name UNIQUE (name)
);

CREATE UNIQUE INDEX ix_users_invitation_sha256 ON users (invitation_sha256);

CREATE TABLE contract_states (
    contract_state_id BIGINT NOT NULL,
    known_at VARCHAR(27) NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    run_id BIGINT NOT NULL,
    CONSTRAINT pk_contract_states PRIMARY KEY (contract_state_id),
    CONSTRAINT fk_contract_states_run_id FOREIGN KEY(run_id) REFERENCES runs (run_id)
);

CREATE TABLE files (
    file_id BIGINT NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    bytes BIGINT NOT NULL,
    direction VARCHAR(40) NOT NULL,
    content VARCHAR(40) NOT NULL,
    sets VARCHAR(120) DEFAULT '' NOT NULL,
    state VARCHAR(40) NOT NULL,
    reason_code VARCHAR(40),
    counts TEXT DEFAULT '{}' NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    run_id BIGINT,
    CONSTRAINT pk_files PRIMARY KEY (file_id),
    CONSTRAINT uq_files_sha256 UNIQUE (sha256),
    CONSTRAINT fk_files_run_id FOREIGN KEY(run_id) REFERENCES runs (run_id)
);

CREATE INDEX ix_files_stopped ON files (state, file_id);

CREATE TABLE patient_statements (
    patient_statement_id BIGINT NOT NULL,
    family_id BIGINT NOT NULL,
    written_date DATE NOT NULL,
    amount_cents BIGINT NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    CONSTRAINT pk_patient_statements PRIMARY KEY (patient_statement_id),
    CONSTRAINT uq_patient_statements_family_id_written_date UNIQUE (family_id, written_date),
    CONSTRAINT fk_patient_statements_family_id FOREIGN KEY(family_id) REFERENCES families (family_id)
);

CREATE TABLE recovery_codes (
    recovery_code_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    code_sha256 VARCHAR(64) NOT NULL,
    used_at VARCHAR(27),
    CONSTRAINT pk_recovery_codes PRIMARY KEY (recovery_code_id),
    CONSTRAINT fk_recovery_codes_user_id FOREIGN KEY(user_id) REFERENCES users (user_id)
);

CREATE INDEX ix_recovery_codes_user_id ON recovery_codes (user_id);

CREATE TABLE searches (
    search_id BIGINT NOT NULL,
    search_key VARCHAR(32) NOT NULL,
    user_id BIGINT NOT NULL,
    words TEXT NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    CONSTRAINT pk_searches PRIMARY KEY (search_id),
    CONSTRAINT uq_searches_search_key UNIQUE (search_key),
    CONSTRAINT fk_searches_user_id FOREIGN KEY(user_id) REFERENCES users (user_id)
);

CREATE TABLE sessions (
    session_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    token_sha256 VARCHAR(64) NOT NULL,
    state VARCHAR(40) NOT NULL,
    address VARCHAR(60) NOT NULL,
    opened_at VARCHAR(27) NOT NULL,
    seen_at VARCHAR(27) NOT NULL,
    ended_at VARCHAR(27),
    emergency_until VARCHAR(27),
    looks_at VARCHAR(80) DEFAULT '' NOT NULL,
    looked_at VARCHAR(27),
    CONSTRAINT pk_sessions PRIMARY KEY (session_id),
    CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (user_id),
    CONSTRAINT uq_sessions_token_sha256 UNIQUE (token_sha256)
);

CREATE INDEX ix_sessions_looks_at ON sessions (looks_at, looked_at);

CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE TABLE bank_lines (
    bank_line_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    row_number BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    line_key VARCHAR(64) NOT NULL,
    bank_date DATE NOT NULL,
    amount_cents BIGINT NOT NULL,
    trace_number VARCHAR(80) NOT NULL,
    payer_identifier VARCHAR(80) DEFAULT '' NOT NULL,
    payer_name TEXT NOT NULL,
    reference TEXT NOT NULL,
    type_code VARCHAR(40) NOT NULL,
    kind VARCHAR(40) DEFAULT 'other' NOT NULL,
    rest_cents BIGINT NOT NULL,
    state VARCHAR(40) NOT NULL,
    account TEXT DEFAULT '' NOT NULL,
    money_key VARCHAR(64),
    money_place INTEGER DEFAULT '0' NOT NULL,
    copy_of_line_id BIGINT,
    place_before_own INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_bank_lines PRIMARY KEY (bank_line_id),
    CONSTRAINT fk_bank_lines_file_id FOREIGN KEY(file_id) REFERENCES files (file_id),
    CONSTRAINT uq_bank_lines_line_key UNIQUE (line_key),
    CONSTRAINT fk_bank_lines_copy_of_line_id FOREIGN KEY(copy_of_line_id) REFERENCES bank_lines (bank_line_id)
);

CREATE INDEX ix_bank_lines_by_day ON bank_lines (state, bank_date, bank_line_id, rest_cents);

CREATE INDEX ix_bank_lines_money_key ON bank_lines (money_key);

CREATE TABLE batches (
    batch_id BIGINT NOT NULL,
    interchange_control_number VARCHAR(9) NOT NULL,
    partner_code VARCHAR(40) NOT NULL,
    kind VARCHAR(2) NOT NULL,
    usage_code VARCHAR(4) NOT NULL,
    sender_id VARCHAR(40) NOT NULL,
    receiver_id VARCHAR(40) NOT NULL,
    state VARCHAR(40) NOT NULL,
    claims BIGINT NOT NULL,
    service_lines BIGINT NOT NULL,
    charge_cents BIGINT NOT NULL,
    snapshot_file_id BIGINT NOT NULL,
    file_id BIGINT,
    follows_batch_id BIGINT,
    file_name VARCHAR(120) NOT NULL,
    posting_date DATE NOT NULL,
    actor VARCHAR(120) NOT NULL,
    run_id BIGINT,
    recorded_at VARCHAR(27) NOT NULL,
    released_at VARCHAR(27),
    CONSTRAINT pk_batches PRIMARY KEY (batch_id),
    CONSTRAINT uq_batches_interchange_control_number UNIQUE (interchange_control_number),
    CONSTRAINT fk_batches_snapshot_file_id FOREIGN KEY(snapshot_file_id) REFERENCES files (file_id),
    CONSTRAINT fk_batches_file_id FOREIGN KEY(file_id) REFERENCES files (file_id),
    CONSTRAINT fk_batches_follows_batch_id FOREIGN KEY(follows_batch_id) REFERENCES batches (batch_id),
    CONSTRAINT fk_batches_run_id FOREIGN KEY(run_id) REFERENCES runs (run_id)
);

CREATE INDEX ix_batches_file_id ON batches (file_id);

CREATE INDEX ix_batches_state ON batches (state);

CREATE TABLE interchanges (
    interchange_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    seg BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    control_number VARCHAR(40) NOT NULL,
    sender_id VARCHAR(40) NOT NULL,
    receiver_id VARCHAR(40) NOT NULL,
    usage_code VARCHAR(4) NOT NULL,
    interchange_date DATE,
    CONSTRAINT pk_interchanges PRIMARY KEY (interchange_id),
    CONSTRAINT uq_interchanges_file_id_seg UNIQUE (file_id, seg),
    CONSTRAINT fk_interchanges_file_id FOREIGN KEY(file_id) REFERENCES files (file_id)
);

CREATE INDEX ix_interchanges_control_number ON interchanges (control_number);

CREATE TABLE master_rows (
    master_row_id BIGINT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    row_key VARCHAR(400) NOT NULL,
    effective_from_date DATE NOT NULL,
    effective_to_date DATE NOT NULL,
    body TEXT NOT NULL,
    file_id BIGINT NOT NULL,
    seg BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    actor VARCHAR(120) NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    ended_at VARCHAR(27),
    CONSTRAINT pk_master_rows PRIMARY KEY (master_row_id),
    CONSTRAINT fk_master_rows_file_id FOREIGN KEY(file_id) REFERENCES files (file_id)
);

CREATE INDEX ix_master_rows_kind ON master_rows (kind, ended_at);

CREATE INDEX ix_master_rows_row_key ON master_rows (kind, row_key);

CREATE TABLE patient_payments (
    patient_payment_id BIGINT NOT NULL,
    payment_key VARCHAR(32) NOT NULL,
    body_hash VARCHAR(32) NOT NULL,
    file_id BIGINT NOT NULL,
    seg BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    state VARCHAR(40) DEFAULT 'new' NOT NULL,
    reason_code VARCHAR(40),
    payment_number VARCHAR(40) NOT NULL,
    paid_date DATE NOT NULL,
    amount_cents BIGINT NOT NULL,
    method VARCHAR(40) NOT NULL,
    claim_number VARCHAR(60) NOT NULL,
    member_id VARCHAR(80) NOT NULL,
    paid_by TEXT NOT NULL,
    reference VARCHAR(60) NOT NULL,
    batch_reference VARCHAR(60) NOT NULL,
    note TEXT NOT NULL,
    actor VARCHAR(120) NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    void_reason TEXT,
    void_date DATE,
    CONSTRAINT pk_patient_payments PRIMARY KEY (patient_payment_id),
    CONSTRAINT uq_patient_payments_payment_key_body_hash UNIQUE (payment_key, body_hash),
    CONSTRAINT fk_patient_payments_file_id FOREIGN KEY(file_id) REFERENCES files (file_id)
);

CREATE INDEX ix_patient_payments_file_id ON patient_payments (file_id);

CREATE INDEX ix_patient_payments_state ON patient_payments (state);

CREATE TABLE receipts (
    receipt_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    run_id BIGINT,
    source_name TEXT NOT NULL,
    is_duplicate INTEGER NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    CONSTRAINT pk_receipts PRIMARY KEY (receipt_id),
    CONSTRAINT fk_receipts_file_id FOREIGN KEY(file_id) REFERENCES files (file_id),
    CONSTRAINT fk_receipts_run_id FOREIGN KEY(run_id) REFERENCES runs (run_id)
);

CREATE INDEX ix_receipts_file_id ON receipts (file_id);

CREATE TABLE transactions (
    transaction_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    seg BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    interchange_seg BIGINT DEFAULT '0' NOT NULL,
    group_control_number VARCHAR(40) DEFAULT '' NOT NULL,
    batch_reference VARCHAR(80) DEFAULT '' NOT NULL,
    set_code VARCHAR(40) NOT NULL,
    guide VARCHAR(40) NOT NULL,
    control_number VARCHAR(40) NOT NULL,
    usage_code VARCHAR(4) NOT NULL,
    state VARCHAR(40) NOT NULL,
    reason_code VARCHAR(40),
    body_hash VARCHAR(64) NOT NULL,
    segments BIGINT NOT NULL,
    claims BIGINT NOT NULL,
    service_lines BIGINT NOT NULL,
    charge_cents BIGINT,
    paid_cents BIGINT,
    plb_cents BIGINT,
    payment_cents BIGINT,
    CONSTRAINT pk_transactions PRIMARY KEY (transaction_id),
    CONSTRAINT uq_transactions_file_id_seg UNIQUE (file_id, seg),
    CONSTRAINT fk_transactions_file_id FOREIGN KEY(file_id) REFERENCES files (file_id)
);

CREATE INDEX ix_transactions_batch_reference ON transactions (batch_reference);

CREATE INDEX ix_transactions_group_control_number ON transactions (group_control_number);

CREATE INDEX ix_transactions_stopped ON transactions (state, file_id, seg);

CREATE TABLE acknowledgements (
    acknowledgement_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    transaction_id BIGINT,
    seg BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    scope VARCHAR(40) NOT NULL,
    reference VARCHAR(80) NOT NULL,
    status_code VARCHAR(20) NOT NULL,
    verdict VARCHAR(40) NOT NULL,
    payer_claim_number VARCHAR(80) NOT NULL,
    detail_code VARCHAR(40) NOT NULL,
    group_reference VARCHAR(40) DEFAULT '' NOT NULL,
    batch_reference VARCHAR(80) DEFAULT '' NOT NULL,
    source_code VARCHAR(40) DEFAULT '' NOT NULL,
    source_identifier VARCHAR(80) DEFAULT '' NOT NULL,
    provider_npi VARCHAR(40) DEFAULT '' NOT NULL,
    entity_code VARCHAR(40) DEFAULT '' NOT NULL,
    action_code VARCHAR(40) DEFAULT '' NOT NULL,
    charge_cents BIGINT,
    status_date DATE,
    state VARCHAR(40) DEFAULT 'new' NOT NULL,
    CONSTRAINT pk_acknowledgements PRIMARY KEY (acknowledgement_id),
    CONSTRAINT fk_acknowledgements_file_id FOREIGN KEY(file_id) REFERENCES files (file_id),
    CONSTRAINT fk_acknowledgements_transaction_id FOREIGN KEY(transaction_id) REFERENCES transactions (transaction_id)
);

CREATE INDEX ix_acknowledgements_batch_reference ON acknowledgements (batch_reference);

CREATE INDEX ix_acknowledgements_file_id ON acknowledgements (file_id, seg);

CREATE INDEX ix_acknowledgements_reference ON acknowledgements (reference);

CREATE INDEX ix_acknowledgements_state ON acknowledgements (state);

CREATE TABLE batch_sets (
    batch_set_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    set_control_number VARCHAR(9) NOT NULL,
    batch_reference VARCHAR(50) NOT NULL,
    claims BIGINT NOT NULL,
    service_lines BIGINT NOT NULL,
    charge_cents BIGINT NOT NULL,
    CONSTRAINT pk_batch_sets PRIMARY KEY (batch_set_id),
    CONSTRAINT uq_batch_sets_batch_id_set_control_number UNIQUE (batch_id, set_control_number),
    CONSTRAINT fk_batch_sets_batch_id FOREIGN KEY(batch_id) REFERENCES batches (batch_id),
    CONSTRAINT uq_batch_sets_batch_reference UNIQUE (batch_reference)
);

CREATE TABLE claims (
    claim_id BIGINT NOT NULL,
    family_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    transaction_id BIGINT,
    seg BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    claim_key VARCHAR(64) NOT NULL,
    body_hash VARCHAR(64) NOT NULL,
    origin VARCHAR(40) NOT NULL,
    state VARCHAR(40) NOT NULL,
    reason_code VARCHAR(40),
    purpose VARCHAR(40) DEFAULT 'original' NOT NULL,
    life VARCHAR(40) DEFAULT 'sent' NOT NULL,
    follows_claim_id BIGINT,
    version INTEGER DEFAULT '1' NOT NULL,
    kind VARCHAR(2) NOT NULL,
    claim_number VARCHAR(60) NOT NULL,
    claim_number_normal VARCHAR(60) DEFAULT '' NOT NULL,
    frequency_code VARCHAR(4) NOT NULL,
    charge_cents BIGINT NOT NULL,
    billing_npi VARCHAR(40) NOT NULL,
    billing_tax_id VARCHAR(40) NOT NULL,
    rendering_npi VARCHAR(40) NOT NULL,
    payer_code VARCHAR(80) NOT NULL,
    payer_name TEXT NOT NULL,
    payer_sequence VARCHAR(2) NOT NULL,
    filing_indicator_code VARCHAR(4) NOT NULL,
    place_of_service VARCHAR(4) NOT NULL,
    member_id VARCHAR(80) NOT NULL,
    subscriber_last_name TEXT NOT NULL,
    subscriber_first_name TEXT NOT NULL,
    patient_last_name TEXT NOT NULL,
    patient_first_name TEXT NOT NULL,
    patient_birth_date DATE,
    statement_from_date DATE,
    statement_to_date DATE,
    original_reference VARCHAR(80) NOT NULL,
    prior_authorization VARCHAR(80) NOT NULL,
    diagnosis_codes TEXT NOT NULL,
    CONSTRAINT pk_claims PRIMARY KEY (claim_id),
    CONSTRAINT uq_claims_file_id_seg UNIQUE (file_id, seg),
    CONSTRAINT fk_claims_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_claims_file_id FOREIGN KEY(file_id) REFERENCES files (file_id),
    CONSTRAINT fk_claims_transaction_id FOREIGN KEY(transaction_id) REFERENCES transactions (transaction_id),
    CONSTRAINT fk_claims_follows_claim_id FOREIGN KEY(follows_claim_id) REFERENCES claims (claim_id)
);

CREATE INDEX ix_claims_blocked_payer ON claims (life, payer_code, charge_cents, claim_id) WHERE life = 'blocked';

CREATE INDEX ix_claims_claim_key ON claims (claim_key);

CREATE INDEX ix_claims_family_id ON claims (family_id);

CREATE INDEX ix_claims_first_name ON claims ((replace(replace(replace(upper(patient_first_name), '''', ''), '-', ''), ' ', '') COLLATE "C"));

CREATE INDEX ix_claims_first_name_accented ON claims ((replace(replace(replace(upper(patient_first_name), '''', ''), '-', ''), ' ', '') COLLATE "C")) WHERE octet_length(patient_first_name) > length(patient_first_name);

CREATE INDEX ix_claims_last_name ON claims ((replace(replace(replace(upper(patient_last_name), '''', ''), '-', ''), ' ', '') COLLATE "C"));

CREATE INDEX ix_claims_last_name_accented ON claims ((replace(replace(replace(upper(patient_last_name), '''', ''), '-', ''), ' ', '') COLLATE "C")) WHERE octet_length(patient_last_name) > length(patient_last_name);

CREATE INDEX ix_claims_life ON claims (life, charge_cents, claim_id);

CREATE INDEX ix_claims_member_id ON claims (member_id);

CREATE INDEX ix_claims_state ON claims (state, file_id, seg);

CREATE INDEX ix_claims_version_number ON claims (claim_number_normal) WHERE version > 1;

CREATE TABLE findings (
    finding_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    transaction_id BIGINT,
    code VARCHAR(40) NOT NULL,
    severity VARCHAR(40) NOT NULL,
    seg BIGINT NOT NULL,
    element VARCHAR(40) NOT NULL,
    "offset" BIGINT NOT NULL,
    found TEXT NOT NULL,
    expected TEXT NOT NULL,
    ack_code VARCHAR(20) NOT NULL,
    message TEXT NOT NULL,
    CONSTRAINT pk_findings PRIMARY KEY (finding_id),
    CONSTRAINT fk_findings_file_id FOREIGN KEY(file_id) REFERENCES files (file_id),
    CONSTRAINT fk_findings_transaction_id FOREIGN KEY(transaction_id) REFERENCES transactions (transaction_id)
);

CREATE INDEX ix_findings_file_id ON findings (file_id);

CREATE TABLE patient_refunds (
    patient_refund_id BIGINT NOT NULL,
    refund_key VARCHAR(32) NOT NULL,
    family_id BIGINT,
    patient_payment_id BIGINT,
    state VARCHAR(40) NOT NULL,
    amount_cents BIGINT NOT NULL,
    reason TEXT NOT NULL,
    requested_by VARCHAR(120) NOT NULL,
    requested_at VARCHAR(27) NOT NULL,
    paid_by VARCHAR(120),
    paid_date DATE,
    method VARCHAR(40),
    reference VARCHAR(60),
    CONSTRAINT pk_patient_refunds PRIMARY KEY (patient_refund_id),
    CONSTRAINT uq_patient_refunds_refund_key UNIQUE (refund_key),
    CONSTRAINT fk_patient_refunds_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_patient_refunds_patient_payment_id FOREIGN KEY(patient_payment_id) REFERENCES patient_payments (patient_payment_id)
);

CREATE INDEX ix_patient_refunds_family_id ON patient_refunds (family_id);

CREATE INDEX ix_patient_refunds_state ON patient_refunds (state);

CREATE TABLE remittances (
    remit_id BIGINT NOT NULL,
    transaction_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    seg BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    remit_key VARCHAR(64) NOT NULL,
    body_hash VARCHAR(64) NOT NULL,
    state VARCHAR(40) NOT NULL,
    reason_code VARCHAR(40),
    generation INTEGER DEFAULT '0' NOT NULL,
    handling_code VARCHAR(4) NOT NULL,
    method_code VARCHAR(6) NOT NULL,
    payment_cents BIGINT NOT NULL,
    payment_date DATE,
    production_date DATE,
    trace_number VARCHAR(80) NOT NULL,
    payer_identifier VARCHAR(40) NOT NULL,
    payer_code VARCHAR(80) NOT NULL,
    payer_name TEXT NOT NULL,
    payee_identifier VARCHAR(80) NOT NULL,
    payee_tax_id VARCHAR(40) NOT NULL,
    payee_name TEXT NOT NULL,
    claim_count BIGINT NOT NULL,
    paid_cents BIGINT NOT NULL,
    plb_cents BIGINT NOT NULL,
    posting_date DATE,
    CONSTRAINT pk_remittances PRIMARY KEY (remit_id),
    CONSTRAINT uq_remittances_file_id_seg UNIQUE (file_id, seg),
    CONSTRAINT fk_remittances_transaction_id FOREIGN KEY(transaction_id) REFERENCES transactions (transaction_id),
    CONSTRAINT fk_remittances_file_id FOREIGN KEY(file_id) REFERENCES files (file_id)
);

CREATE INDEX ix_remittances_remit_key ON remittances (remit_key);

CREATE INDEX ix_remittances_state ON remittances (state, payment_date, remit_key);

CREATE INDEX ix_remittances_stopped ON remittances (state, file_id, seg);

CREATE INDEX ix_remittances_trace_number ON remittances (trace_number);

CREATE TABLE claim_payers (
    claim_payer_id BIGINT NOT NULL,
    claim_id BIGINT NOT NULL,
    family_id BIGINT NOT NULL,
    payer_sequence VARCHAR(2) NOT NULL,
    payer_code VARCHAR(80) NOT NULL,
    payer_name TEXT NOT NULL,
    filing_indicator_code VARCHAR(4) NOT NULL,
    seg BIGINT NOT NULL,
    CONSTRAINT pk_claim_payers PRIMARY KEY (claim_payer_id),
    CONSTRAINT fk_claim_payers_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id),
    CONSTRAINT fk_claim_payers_family_id FOREIGN KEY(family_id) REFERENCES families (family_id)
);

CREATE INDEX ix_claim_payers_claim_id ON claim_payers (claim_id);

CREATE INDEX ix_claim_payers_family_id ON claim_payers (family_id);

CREATE TABLE claim_payments (
    claim_payment_id BIGINT NOT NULL,
    remit_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    seg BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    claim_number VARCHAR(60) NOT NULL,
    claim_number_normal VARCHAR(60) NOT NULL,
    status_code VARCHAR(10) NOT NULL,
    charge_cents BIGINT NOT NULL,
    paid_cents BIGINT NOT NULL,
    patient_responsibility_cents BIGINT,
    interest_cents BIGINT DEFAULT '0' NOT NULL,
    filing_indicator_code VARCHAR(4) NOT NULL,
    payer_claim_number VARCHAR(80) NOT NULL,
    original_reference VARCHAR(80) DEFAULT '' NOT NULL,
    facility_code VARCHAR(4) NOT NULL,
    frequency_code VARCHAR(4) NOT NULL,
    patient_last_name TEXT NOT NULL,
    patient_first_name TEXT NOT NULL,
    member_id VARCHAR(80) NOT NULL,
    statement_from_date DATE,
    statement_to_date DATE,
    received_date DATE,
    is_crossover INTEGER NOT NULL,
    CONSTRAINT pk_claim_payments PRIMARY KEY (claim_payment_id),
    CONSTRAINT uq_claim_payments_remit_id_ordinal UNIQUE (remit_id, ordinal),
    CONSTRAINT fk_claim_payments_remit_id FOREIGN KEY(remit_id) REFERENCES remittances (remit_id),
    CONSTRAINT fk_claim_payments_file_id FOREIGN KEY(file_id) REFERENCES files (file_id)
);

CREATE INDEX ix_claim_payments_claim_number_normal ON claim_payments (claim_number_normal);

CREATE INDEX ix_claim_payments_first_name ON claim_payments ((replace(replace(replace(upper(patient_first_name), '''', ''), '-', ''), ' ', '') COLLATE "C"));

CREATE INDEX ix_claim_payments_first_name_accented ON claim_payments ((replace(replace(replace(upper(patient_first_name), '''', ''), '-', ''), ' ', '') COLLATE "C")) WHERE octet_length(patient_first_name) > length(patient_first_name);

CREATE INDEX ix_claim_payments_last_name ON claim_payments ((replace(replace(replace(upper(patient_last_name), '''', ''), '-', ''), ' ', '') COLLATE "C"));

CREATE INDEX ix_claim_payments_last_name_accented ON claim_payments ((replace(replace(replace(upper(patient_last_name), '''', ''), '-', ''), ' ', '') COLLATE "C")) WHERE octet_length(patient_last_name) > length(patient_last_name);

CREATE INDEX ix_claim_payments_payer_claim_number ON claim_payments (payer_claim_number);

CREATE TABLE claim_work (
    claim_work_id BIGINT NOT NULL,
    claim_id BIGINT NOT NULL,
    state VARCHAR(40) NOT NULL,
    owner VARCHAR(120) DEFAULT '' NOT NULL,
    notes TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_claim_work PRIMARY KEY (claim_work_id),
    CONSTRAINT uq_claim_work_claim_id UNIQUE (claim_id),
    CONSTRAINT fk_claim_work_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id)
);

CREATE INDEX ix_claim_work_owner ON claim_work (state, owner);

CREATE TABLE deposit_candidates (
    deposit_candidate_id BIGINT NOT NULL,
    bank_line_id BIGINT NOT NULL,
    remit_id BIGINT,
    returns_line_id BIGINT,
    amount_cents BIGINT NOT NULL,
    why VARCHAR(40) NOT NULL,
    rule VARCHAR(40) NOT NULL,
    score INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    ended_at VARCHAR(27),
    CONSTRAINT pk_deposit_candidates PRIMARY KEY (deposit_candidate_id),
    CONSTRAINT fk_deposit_candidates_bank_line_id FOREIGN KEY(bank_line_id) REFERENCES bank_lines (bank_line_id),
    CONSTRAINT fk_deposit_candidates_remit_id FOREIGN KEY(remit_id) REFERENCES remittances (remit_id),
    CONSTRAINT fk_deposit_candidates_returns_line_id FOREIGN KEY(returns_line_id) REFERENCES bank_lines (bank_line_id)
);

CREATE INDEX ix_deposit_candidates_bank_line_id ON deposit_candidates (bank_line_id, ended_at);

CREATE INDEX ix_deposit_candidates_remit_id ON deposit_candidates (remit_id);

CREATE TABLE edit_findings (
    edit_finding_id BIGINT NOT NULL,
    claim_id BIGINT NOT NULL,
    edit_id VARCHAR(40) NOT NULL,
    severity VARCHAR(40) NOT NULL,
    element VARCHAR(20) NOT NULL,
    line_number BIGINT NOT NULL,
    message TEXT NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    ended_at VARCHAR(27),
    CONSTRAINT pk_edit_findings PRIMARY KEY (edit_finding_id),
    CONSTRAINT fk_edit_findings_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id)
);

CREATE INDEX ix_edit_findings_claim_id ON edit_findings (claim_id);

CREATE INDEX ix_edit_findings_ended_at ON edit_findings (ended_at, edit_id);

CREATE TABLE provider_adjustments (
    provider_adjustment_id BIGINT NOT NULL,
    remit_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    seg BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    provider_identifier VARCHAR(80) NOT NULL,
    reason_code VARCHAR(20) NOT NULL,
    reference VARCHAR(80) NOT NULL,
    amount_cents BIGINT NOT NULL,
    CONSTRAINT pk_provider_adjustments PRIMARY KEY (provider_adjustment_id),
    CONSTRAINT uq_provider_adjustments_remit_id_ordinal UNIQUE (remit_id, ordinal),
    CONSTRAINT fk_provider_adjustments_remit_id FOREIGN KEY(remit_id) REFERENCES remittances (remit_id),
    CONSTRAINT fk_provider_adjustments_file_id FOREIGN KEY(file_id) REFERENCES files (file_id)
);

CREATE TABLE service_lines (
    service_line_id BIGINT NOT NULL,
    claim_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    seg BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    line_number BIGINT NOT NULL,
    procedure_qualifier VARCHAR(4) NOT NULL,
    procedure_code VARCHAR(60) NOT NULL,
    modifiers VARCHAR(20) NOT NULL,
    revenue_code VARCHAR(10) NOT NULL,
    charge_cents BIGINT NOT NULL,
    units_milli BIGINT NOT NULL,
    service_date DATE,
    service_to_date DATE,
    line_control_number VARCHAR(80) NOT NULL,
    CONSTRAINT pk_service_lines PRIMARY KEY (service_line_id),
    CONSTRAINT uq_service_lines_claim_id_line_number UNIQUE (claim_id, line_number),
    CONSTRAINT fk_service_lines_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id),
    CONSTRAINT fk_service_lines_file_id FOREIGN KEY(file_id) REFERENCES files (file_id)
);

CREATE INDEX ix_service_lines_line_control_number ON service_lines (line_control_number);

CREATE TABLE submissions (
    submission_id BIGINT NOT NULL,
    claim_id BIGINT NOT NULL,
    family_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    batch_set_id BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    ordinal BIGINT NOT NULL,
    claim_number VARCHAR(60) NOT NULL,
    snapshot_hash VARCHAR(64) NOT NULL,
    state VARCHAR(40) NOT NULL,
    charge_cents BIGINT NOT NULL,
    payer_claim_number VARCHAR(80) DEFAULT '' NOT NULL,
    seg BIGINT DEFAULT '0' NOT NULL,
    "offset" BIGINT DEFAULT '0' NOT NULL,
    length BIGINT DEFAULT '0' NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    CONSTRAINT pk_submissions PRIMARY KEY (submission_id),
    CONSTRAINT uq_submissions_claim_id_attempt UNIQUE (claim_id, attempt),
    CONSTRAINT fk_submissions_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id),
    CONSTRAINT fk_submissions_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_submissions_batch_id FOREIGN KEY(batch_id) REFERENCES batches (batch_id),
    CONSTRAINT fk_submissions_batch_set_id FOREIGN KEY(batch_set_id) REFERENCES batch_sets (batch_set_id)
);

CREATE INDEX ix_submissions_batch_set_id ON submissions (batch_set_id);

CREATE INDEX ix_submissions_claim_number ON submissions (claim_number);

CREATE INDEX ix_submissions_family_id ON submissions (family_id);

CREATE INDEX ix_submissions_state ON submissions (state);

CREATE TABLE undone_remittances (
    undone_remittance_id BIGINT NOT NULL,
    remit_id BIGINT NOT NULL,
    generation INTEGER NOT NULL,
    posting_date DATE NOT NULL,
    posted_at VARCHAR(27) NOT NULL,
    run_id BIGINT NOT NULL,
    undone_posting_date DATE NOT NULL,
    undone_at VARCHAR(27) NOT NULL,
    replayed_at VARCHAR(27),
    CONSTRAINT pk_undone_remittances PRIMARY KEY (undone_remittance_id),
    CONSTRAINT fk_undone_remittances_remit_id FOREIGN KEY(remit_id) REFERENCES remittances (remit_id),
    CONSTRAINT fk_undone_remittances_run_id FOREIGN KEY(run_id) REFERENCES runs (run_id)
);

CREATE INDEX ix_undone_remittances_remit_id ON undone_remittances (remit_id);

CREATE INDEX ix_undone_remittances_run_id ON undone_remittances (run_id);

CREATE TABLE claim_events (
    event_id BIGINT NOT NULL,
    event_key VARCHAR(200) NOT NULL,
    claim_id BIGINT NOT NULL,
    family_id BIGINT NOT NULL,
    submission_id BIGINT,
    event VARCHAR(40) NOT NULL,
    life_before VARCHAR(40) NOT NULL,
    life_after VARCHAR(40) NOT NULL,
    detail_code VARCHAR(60) NOT NULL,
    file_id BIGINT,
    seg BIGINT DEFAULT '0' NOT NULL,
    "offset" BIGINT DEFAULT '0' NOT NULL,
    length BIGINT DEFAULT '0' NOT NULL,
    effective_date DATE,
    answer_rank VARCHAR(40) DEFAULT '' NOT NULL,
    posting_date DATE NOT NULL,
    actor VARCHAR(120) NOT NULL,
    run_id BIGINT,
    recorded_at VARCHAR(27) NOT NULL,
    CONSTRAINT pk_claim_events PRIMARY KEY (event_id),
    CONSTRAINT uq_claim_events_event_key UNIQUE (event_key),
    CONSTRAINT fk_claim_events_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id),
    CONSTRAINT fk_claim_events_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_claim_events_submission_id FOREIGN KEY(submission_id) REFERENCES submissions (submission_id),
    CONSTRAINT fk_claim_events_file_id FOREIGN KEY(file_id) REFERENCES files (file_id),
    CONSTRAINT fk_claim_events_run_id FOREIGN KEY(run_id) REFERENCES runs (run_id)
);

CREATE INDEX ix_claim_events_claim_id ON claim_events (claim_id);

CREATE INDEX ix_claim_events_family_id ON claim_events (family_id);

CREATE INDEX ix_claim_events_submission_id ON claim_events (submission_id);

CREATE TABLE claim_postings (
    claim_posting_id BIGINT NOT NULL,
    claim_payment_id BIGINT NOT NULL,
    remit_id BIGINT NOT NULL,
    family_id BIGINT,
    payer_sequence VARCHAR(2) NOT NULL,
    outcome VARCHAR(40) NOT NULL,
    reason_code VARCHAR(40),
    reverses_claim_payment_id BIGINT,
    known_by VARCHAR(20) DEFAULT '' NOT NULL,
    is_superseded INTEGER DEFAULT '0' NOT NULL,
    unposted_cents BIGINT DEFAULT '0' NOT NULL,
    posting_date DATE NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    ended_at VARCHAR(27),
    waits_since VARCHAR(27),
    denials_at VARCHAR(27),
    life_at VARCHAR(27),
    priced_at VARCHAR(27),
    CONSTRAINT pk_claim_postings PRIMARY KEY (claim_posting_id),
    CONSTRAINT fk_claim_postings_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_claim_postings_remit_id FOREIGN KEY(remit_id) REFERENCES remittances (remit_id),
    CONSTRAINT fk_claim_postings_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_claim_postings_reverses_claim_payment_id FOREIGN KEY(reverses_claim_payment_id) REFERENCES claim_payments (claim_payment_id)
);

CREATE INDEX ix_claim_postings_claim_payment_id ON claim_postings (claim_payment_id);

CREATE INDEX ix_claim_postings_denials_at ON claim_postings (denials_at);

CREATE INDEX ix_claim_postings_family_id ON claim_postings (family_id);

CREATE INDEX ix_claim_postings_life_at ON claim_postings (life_at);

CREATE INDEX ix_claim_postings_priced_and_ended ON claim_postings (family_id) WHERE priced_at IS NOT NULL AND ended_at IS NOT NULL;

CREATE INDEX ix_claim_postings_remit_id ON claim_postings (remit_id);

CREATE INDEX ix_claim_postings_to_price ON claim_postings (family_id) WHERE priced_at IS NULL AND ended_at IS NULL AND family_id IS NOT NULL AND (outcome IN ('posted', 'reversal') OR reason_code = 'CORRECTION_WITHOUT_REVERSAL');

CREATE TABLE denial_cases (
    case_id BIGINT NOT NULL,
    case_key VARCHAR(200) NOT NULL,
    claim_payment_id BIGINT NOT NULL,
    family_id BIGINT,
    payer_code VARCHAR(80) NOT NULL,
    payer_name TEXT NOT NULL,
    payer_type VARCHAR(40) NOT NULL,
    own_payer_code VARCHAR(80) DEFAULT '' NOT NULL,
    next_payer_code VARCHAR(80) DEFAULT '' NOT NULL,
    claim_number VARCHAR(60) NOT NULL,
    payer_claim_number VARCHAR(80) NOT NULL,
    payer_sequence VARCHAR(2) NOT NULL,
    line_number BIGINT NOT NULL,
    extent VARCHAR(40) NOT NULL,
    denial_class VARCHAR(40) NOT NULL,
    group_code VARCHAR(10) NOT NULL,
    reason_code VARCHAR(20) NOT NULL,
    all_codes TEXT NOT NULL,
    remark_codes TEXT NOT NULL,
    procedure_codes TEXT NOT NULL,
    category VARCHAR(40) NOT NULL,
    root_cause VARCHAR(40) NOT NULL,
    core_scenario VARCHAR(2) NOT NULL,
    preventable VARCHAR(2) NOT NULL,
    recoverable VARCHAR(2) NOT NULL,
    billed_cents BIGINT NOT NULL,
    denied_cents BIGINT NOT NULL,
    worth_cents BIGINT DEFAULT '0' NOT NULL,
    at_risk_cents BIGINT NOT NULL,
    next_action VARCHAR(40) NOT NULL,
    then_action VARCHAR(40) NOT NULL,
    cause TEXT NOT NULL,
    service_date DATE,
    service_to_date DATE,
    remit_date DATE,
    deadline_date DATE,
    deadline_rule TEXT NOT NULL,
    state VARCHAR(40) NOT NULL,
    outcome VARCHAR(40),
    recovered_cents BIGINT DEFAULT '0' NOT NULL,
    posting_date DATE NOT NULL,
    closed_posting_date DATE,
    recorded_at VARCHAR(27) NOT NULL,
    version BIGINT DEFAULT '1' NOT NULL,
    assignee VARCHAR(120) DEFAULT '' NOT NULL,
    tag VARCHAR(40) DEFAULT '' NOT NULL,
    waiting_for VARCHAR(40) DEFAULT '' NOT NULL,
    appeal_level BIGINT DEFAULT '0' NOT NULL,
    decision_date DATE,
    snoozed_until_date DATE,
    snoozed_for VARCHAR(40) DEFAULT '' NOT NULL,
    snoozed_at_posting BIGINT DEFAULT '0' NOT NULL,
    last_touched_date DATE NOT NULL,
    queue VARCHAR(40) DEFAULT 'open' NOT NULL,
    score BIGINT DEFAULT '0' NOT NULL,
    recovery_percent BIGINT DEFAULT '0' NOT NULL,
    expected_value_cents BIGINT DEFAULT '0' NOT NULL,
    value_points BIGINT DEFAULT '0' NOT NULL,
    urgency_points BIGINT DEFAULT '0' NOT NULL,
    touch_points BIGINT DEFAULT '0' NOT NULL,
    effort_points BIGINT DEFAULT '0' NOT NULL,
    priority_rank BIGINT DEFAULT '0' NOT NULL,
    deadline_sort_date DATE DEFAULT '9999-12-31' NOT NULL,
    remit_sort_date DATE DEFAULT '0001-01-01' NOT NULL,
    changed_run_id BIGINT DEFAULT '0' NOT NULL,
    pattern_id BIGINT,
    pending_action_id BIGINT,
    CONSTRAINT pk_denial_cases PRIMARY KEY (case_id),
    CONSTRAINT uq_denial_cases_case_key UNIQUE (case_key),
    CONSTRAINT fk_denial_cases_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_denial_cases_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_denial_cases_pattern_id FOREIGN KEY(pattern_id) REFERENCES denial_patterns (pattern_id),
    CONSTRAINT fk_denial_cases_pending_action_id FOREIGN KEY(pending_action_id) REFERENCES denial_actions (action_id)
);

CREATE INDEX ix_denial_cases_assignee_by_at_risk ON denial_cases (queue, assignee, at_risk_cents, case_id);

CREATE INDEX ix_denial_cases_assignee_by_deadline ON denial_cases (queue, assignee, deadline_sort_date, case_id);

CREATE INDEX ix_denial_cases_assignee_by_score ON denial_cases (queue, assignee, priority_rank, case_id);

CREATE INDEX ix_denial_cases_by_age ON denial_cases (queue, posting_date, case_id);

CREATE INDEX ix_denial_cases_by_at_risk ON denial_cases (queue, at_risk_cents, case_id);

CREATE INDEX ix_denial_cases_by_deadline ON denial_cases (queue, deadline_sort_date, case_id);

CREATE INDEX ix_denial_cases_by_remit_date ON denial_cases (queue, remit_sort_date, case_id);

CREATE INDEX ix_denial_cases_by_score ON denial_cases (queue, priority_rank, case_id);

CREATE INDEX ix_denial_cases_category_by_at_risk ON denial_cases (queue, category, at_risk_cents, case_id);

CREATE INDEX ix_denial_cases_category_by_deadline ON denial_cases (queue, category, deadline_sort_date, case_id);

CREATE INDEX ix_denial_cases_category_by_score ON denial_cases (queue, category, priority_rank, case_id);

CREATE INDEX ix_denial_cases_changed ON denial_cases (changed_run_id, queue, priority_rank, case_id);

CREATE INDEX ix_denial_cases_claim_payment_id ON denial_cases (claim_payment_id);

CREATE INDEX ix_denial_cases_family_id ON denial_cases (family_id);

CREATE INDEX ix_denial_cases_next_action_by_at_risk ON denial_cases (queue, next_action, at_risk_cents, case_id);

CREATE INDEX ix_denial_cases_next_action_by_deadline ON denial_cases (queue, next_action, deadline_sort_date, case_id);

CREATE INDEX ix_denial_cases_next_action_by_score ON denial_cases (queue, next_action, priority_rank, case_id);

CREATE INDEX ix_denial_cases_next_remit ON denial_cases (snoozed_for, family_id);

CREATE INDEX ix_denial_cases_pattern ON denial_cases (pattern_id, queue, priority_rank, case_id);

CREATE INDEX ix_denial_cases_payer_code_by_at_risk ON denial_cases (queue, payer_code, at_risk_cents, case_id);

CREATE INDEX ix_denial_cases_payer_code_by_deadline ON denial_cases (queue, payer_code, deadline_sort_date, case_id);

CREATE INDEX ix_denial_cases_payer_code_by_score ON denial_cases (queue, payer_code, priority_rank, case_id);

CREATE INDEX ix_denial_cases_reason_code_by_at_risk ON denial_cases (queue, reason_code, at_risk_cents, case_id);

CREATE INDEX ix_denial_cases_reason_code_by_deadline ON denial_cases (queue, reason_code, deadline_sort_date, case_id);

CREATE INDEX ix_denial_cases_reason_code_by_score ON denial_cases (queue, reason_code, priority_rank, case_id);

CREATE INDEX ix_denial_cases_tag ON denial_cases (tag, queue, priority_rank, case_id);

CREATE TABLE exceptions (
    exception_id BIGINT NOT NULL,
    exception_key VARCHAR(200) NOT NULL,
    type_code VARCHAR(40) NOT NULL,
    state VARCHAR(40) NOT NULL,
    amount_cents BIGINT NOT NULL,
    message TEXT NOT NULL,
    release TEXT NOT NULL,
    file_id BIGINT,
    seg BIGINT DEFAULT '0' NOT NULL,
    remit_id BIGINT,
    claim_payment_id BIGINT,
    family_id BIGINT,
    claim_id BIGINT,
    bank_line_id BIGINT,
    posting_date DATE NOT NULL,
    since_date DATE,
    opened_at VARCHAR(27) NOT NULL,
    closed_posting_date DATE,
    closed_at VARCHAR(27),
    closed_reason VARCHAR(40),
    owner VARCHAR(120) DEFAULT '' NOT NULL,
    sort_cents BIGINT GENERATED ALWAYS AS (-abs(amount_cents)) STORED,
    CONSTRAINT pk_exceptions PRIMARY KEY (exception_id),
    CONSTRAINT uq_exceptions_exception_key UNIQUE (exception_key),
    CONSTRAINT fk_exceptions_file_id FOREIGN KEY(file_id) REFERENCES files (file_id),
    CONSTRAINT fk_exceptions_remit_id FOREIGN KEY(remit_id) REFERENCES remittances (remit_id),
    CONSTRAINT fk_exceptions_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_exceptions_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_exceptions_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id),
    CONSTRAINT fk_exceptions_bank_line_id FOREIGN KEY(bank_line_id) REFERENCES bank_lines (bank_line_id)
);

CREATE INDEX ix_exceptions_bank_line_id ON exceptions (bank_line_id);

CREATE INDEX ix_exceptions_claim_payment_id ON exceptions (claim_payment_id);

CREATE INDEX ix_exceptions_owner_by_amount ON exceptions (state, owner, type_code, sort_cents, exception_id);

CREATE INDEX ix_exceptions_remit_id ON exceptions (remit_id);

CREATE INDEX ix_exceptions_type_by_amount ON exceptions (state, type_code, sort_cents, exception_id);

CREATE TABLE expected_allowed (
    expected_allowed_id BIGINT NOT NULL,
    claim_payment_id BIGINT NOT NULL,
    family_id BIGINT NOT NULL,
    claim_id BIGINT NOT NULL,
    line_number BIGINT NOT NULL,
    payer_code VARCHAR(80) NOT NULL,
    expected_cents BIGINT,
    term VARCHAR(60) NOT NULL,
    method VARCHAR(40) NOT NULL,
    outcome VARCHAR(40) NOT NULL,
    arithmetic TEXT NOT NULL,
    known_at VARCHAR(27) NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    ended_at VARCHAR(27),
    CONSTRAINT pk_expected_allowed PRIMARY KEY (expected_allowed_id),
    CONSTRAINT fk_expected_allowed_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_expected_allowed_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_expected_allowed_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id)
);

CREATE INDEX ix_expected_allowed_claim_payment_id ON expected_allowed (claim_payment_id, line_number);

CREATE INDEX ix_expected_allowed_family_id ON expected_allowed (family_id);

CREATE TABLE journals (
    journal_id BIGINT NOT NULL,
    idempotency_key VARCHAR(200) NOT NULL,
    source VARCHAR(40) NOT NULL,
    reason_code VARCHAR(40) NOT NULL,
    posting_date DATE NOT NULL,
    effective_date DATE,
    recorded_at VARCHAR(27) NOT NULL,
    actor VARCHAR(120) NOT NULL,
    run_id BIGINT,
    remit_id BIGINT,
    claim_payment_id BIGINT,
    family_id BIGINT,
    claim_id BIGINT,
    reverses_journal_id BIGINT,
    continues_journal_id BIGINT,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT pk_journals PRIMARY KEY (journal_id),
    CONSTRAINT uq_journals_idempotency_key UNIQUE (idempotency_key),
    CONSTRAINT fk_journals_run_id FOREIGN KEY(run_id) REFERENCES runs (run_id),
    CONSTRAINT fk_journals_remit_id FOREIGN KEY(remit_id) REFERENCES remittances (remit_id),
    CONSTRAINT fk_journals_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_journals_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_journals_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id),
    CONSTRAINT fk_journals_reverses_journal_id FOREIGN KEY(reverses_journal_id) REFERENCES journals (journal_id),
    CONSTRAINT fk_journals_continues_journal_id FOREIGN KEY(continues_journal_id) REFERENCES journals (journal_id)
);

CREATE INDEX ix_journals_claim_id ON journals (claim_id);

CREATE INDEX ix_journals_claim_payment_id ON journals (claim_payment_id);

CREATE INDEX ix_journals_family_id ON journals (family_id);

CREATE INDEX ix_journals_posting_date ON journals (posting_date);

CREATE INDEX ix_journals_remit_id ON journals (remit_id);

CREATE INDEX ix_journals_reverses_journal_id ON journals (reverses_journal_id);

CREATE TABLE matches (
    match_id BIGINT NOT NULL,
    claim_payment_id BIGINT NOT NULL,
    family_id BIGINT,
    claim_id BIGINT,
    rule VARCHAR(40) NOT NULL,
    score INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    payer_sequence VARCHAR(2) NOT NULL,
    payer_code VARCHAR(80) DEFAULT '' NOT NULL,
    next_sequence VARCHAR(2) DEFAULT '' NOT NULL,
    next_payer_code VARCHAR(80) DEFAULT '' NOT NULL,
    although TEXT DEFAULT '' NOT NULL,
    actor VARCHAR(120) NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    ended_at VARCHAR(27),
    CONSTRAINT pk_matches PRIMARY KEY (match_id),
    CONSTRAINT fk_matches_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_matches_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_matches_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id)
);

CREATE INDEX ix_matches_claim_payment_id ON matches (claim_payment_id);

CREATE INDEX ix_matches_family_id ON matches (family_id);

CREATE TABLE rejections (
    rejection_id BIGINT NOT NULL,
    rejection_key VARCHAR(200) NOT NULL,
    claim_id BIGINT NOT NULL,
    family_id BIGINT NOT NULL,
    submission_id BIGINT,
    payer_code VARCHAR(80) DEFAULT '' NOT NULL,
    payer_name TEXT DEFAULT '' NOT NULL,
    source VARCHAR(40) NOT NULL,
    detail_code VARCHAR(60) NOT NULL,
    cause TEXT NOT NULL,
    next_step TEXT NOT NULL,
    edit_id VARCHAR(40) NOT NULL,
    amount_cents BIGINT NOT NULL,
    file_id BIGINT,
    seg BIGINT DEFAULT '0' NOT NULL,
    "offset" BIGINT DEFAULT '0' NOT NULL,
    length BIGINT DEFAULT '0' NOT NULL,
    state VARCHAR(40) NOT NULL,
    posting_date DATE NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    closed_posting_date DATE,
    closed_at VARCHAR(27),
    closed_reason VARCHAR(40),
    owner VARCHAR(120) DEFAULT '' NOT NULL,
    notes TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_rejections PRIMARY KEY (rejection_id),
    CONSTRAINT uq_rejections_rejection_key UNIQUE (rejection_key),
    CONSTRAINT fk_rejections_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id),
    CONSTRAINT fk_rejections_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_rejections_submission_id FOREIGN KEY(submission_id) REFERENCES submissions (submission_id),
    CONSTRAINT fk_rejections_file_id FOREIGN KEY(file_id) REFERENCES files (file_id)
);

CREATE INDEX ix_rejections_by_amount ON rejections (state, amount_cents, rejection_id);

CREATE INDEX ix_rejections_claim_id ON rejections (claim_id);

CREATE INDEX ix_rejections_owner_by_amount ON rejections (state, owner, amount_cents, rejection_id);

CREATE INDEX ix_rejections_payer_by_amount ON rejections (state, payer_code, amount_cents, rejection_id);

CREATE TABLE service_payments (
    service_payment_id BIGINT NOT NULL,
    claim_payment_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    seg BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    procedure_qualifier VARCHAR(4) NOT NULL,
    procedure_code VARCHAR(60) NOT NULL,
    modifiers VARCHAR(20) NOT NULL,
    submitted_procedure_code VARCHAR(60) NOT NULL,
    submitted_modifiers VARCHAR(20) NOT NULL,
    revenue_code VARCHAR(10) NOT NULL,
    charge_cents BIGINT NOT NULL,
    paid_cents BIGINT NOT NULL,
    allowed_cents BIGINT,
    paid_units_milli BIGINT NOT NULL,
    service_date DATE,
    service_to_date DATE,
    line_control_number VARCHAR(80) NOT NULL,
    CONSTRAINT pk_service_payments PRIMARY KEY (service_payment_id),
    CONSTRAINT fk_service_payments_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_service_payments_file_id FOREIGN KEY(file_id) REFERENCES files (file_id)
);

CREATE INDEX ix_service_payments_claim_payment_id ON service_payments (claim_payment_id);

CREATE TABLE variance_cases (
    variance_case_id BIGINT NOT NULL,
    case_key VARCHAR(64) NOT NULL,
    claim_payment_id BIGINT NOT NULL,
    family_id BIGINT NOT NULL,
    claim_id BIGINT NOT NULL,
    payer_code VARCHAR(80) NOT NULL,
    payer_name TEXT NOT NULL,
    claim_number VARCHAR(60) NOT NULL,
    payer_sequence VARCHAR(2) NOT NULL,
    line_number BIGINT NOT NULL,
    procedure_code VARCHAR(60) NOT NULL,
    modifiers VARCHAR(20) NOT NULL,
    service_date DATE,
    kind VARCHAR(40) NOT NULL,
    charge_cents BIGINT NOT NULL,
    expected_cents BIGINT NOT NULL,
    allowed_cents BIGINT NOT NULL,
    paid_cents BIGINT NOT NULL,
    patient_cents BIGINT NOT NULL,
    sequestration_cents BIGINT NOT NULL,
    difference_cents BIGINT NOT NULL,
    tolerance_cents BIGINT NOT NULL,
    term VARCHAR(60) NOT NULL,
    method VARCHAR(40) NOT NULL,
    arithmetic TEXT NOT NULL,
    open_cents BIGINT NOT NULL,
    recovered_cents BIGINT NOT NULL,
    recovered_claim_payment_id BIGINT,
    found VARCHAR(40) NOT NULL,
    stance VARCHAR(40) DEFAULT '' NOT NULL,
    stance_cents BIGINT DEFAULT '0' NOT NULL,
    state VARCHAR(40) NOT NULL,
    outcome VARCHAR(40),
    posting_date DATE NOT NULL,
    closed_posting_date DATE,
    recorded_at VARCHAR(27) NOT NULL,
    CONSTRAINT pk_variance_cases PRIMARY KEY (variance_case_id),
    CONSTRAINT uq_variance_cases_case_key UNIQUE (case_key),
    CONSTRAINT fk_variance_cases_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_variance_cases_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_variance_cases_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id),
    CONSTRAINT fk_variance_cases_recovered_claim_payment_id FOREIGN KEY(recovered_claim_payment_id) REFERENCES claim_payments (claim_payment_id)
);

CREATE INDEX ix_variance_cases_all_by_age ON variance_cases (state, posting_date, variance_case_id);

CREATE INDEX ix_variance_cases_all_by_amount ON variance_cases (state, open_cents, variance_case_id);

CREATE INDEX ix_variance_cases_family_id ON variance_cases (family_id);

CREATE INDEX ix_variance_cases_kind_by_age ON variance_cases (state, kind, posting_date, variance_case_id);

CREATE INDEX ix_variance_cases_kind_by_amount ON variance_cases (state, kind, open_cents, variance_case_id);

CREATE INDEX ix_variance_cases_payer_by_age ON variance_cases (state, payer_code, posting_date, variance_case_id);

CREATE INDEX ix_variance_cases_payer_by_amount ON variance_cases (state, payer_code, open_cents, variance_case_id);

CREATE TABLE adjustments (
    adjustment_id BIGINT NOT NULL,
    claim_payment_id BIGINT NOT NULL,
    service_payment_id BIGINT,
    file_id BIGINT NOT NULL,
    seg BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    group_code VARCHAR(10) NOT NULL,
    reason_code VARCHAR(20) NOT NULL,
    amount_cents BIGINT NOT NULL,
    quantity_milli BIGINT,
    CONSTRAINT pk_adjustments PRIMARY KEY (adjustment_id),
    CONSTRAINT fk_adjustments_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_adjustments_service_payment_id FOREIGN KEY(service_payment_id) REFERENCES service_payments (service_payment_id),
    CONSTRAINT fk_adjustments_file_id FOREIGN KEY(file_id) REFERENCES files (file_id)
);

CREATE INDEX ix_adjustments_claim_payment_id ON adjustments (claim_payment_id);

CREATE TABLE appeals (
    appeal_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    level BIGINT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    template VARCHAR(120) NOT NULL,
    template_sha256 VARCHAR(64) NOT NULL,
    packet_sha256 VARCHAR(64) NOT NULL,
    letter_sha256 VARCHAR(64) NOT NULL,
    manifest_sha256 VARCHAR(64) NOT NULL,
    gaps TEXT NOT NULL,
    deadline_date DATE,
    prepared_date DATE NOT NULL,
    prepared_at VARCHAR(27) NOT NULL,
    prepared_by VARCHAR(120) NOT NULL,
    CONSTRAINT pk_appeals PRIMARY KEY (appeal_id),
    CONSTRAINT fk_appeals_case_id FOREIGN KEY(case_id) REFERENCES denial_cases (case_id)
);

CREATE INDEX ix_appeals_case_id ON appeals (case_id, level);

CREATE INDEX ix_appeals_prepared_at ON appeals (prepared_at);

CREATE TABLE denial_events (
    event_id BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    claim_payment_id BIGINT,
    claim_id BIGINT,
    amount_cents BIGINT NOT NULL,
    body TEXT NOT NULL,
    posting_date DATE NOT NULL,
    actor VARCHAR(120) NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    case_version BIGINT DEFAULT '1' NOT NULL,
    run_id BIGINT,
    action_id BIGINT,
    case_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT pk_denial_events PRIMARY KEY (event_id),
    CONSTRAINT fk_denial_events_case_id FOREIGN KEY(case_id) REFERENCES denial_cases (case_id),
    CONSTRAINT fk_denial_events_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_denial_events_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id),
    CONSTRAINT fk_denial_events_run_id FOREIGN KEY(run_id) REFERENCES runs (run_id),
    CONSTRAINT fk_denial_events_action_id FOREIGN KEY(action_id) REFERENCES denial_actions (action_id)
);

CREATE INDEX ix_denial_events_action_id ON denial_events (action_id, case_id);

CREATE INDEX ix_denial_events_case_id ON denial_events (case_id);

CREATE INDEX ix_denial_events_claim_id ON denial_events (claim_id);

CREATE INDEX ix_denial_events_run_id ON denial_events (run_id, kind);

CREATE TABLE deposit_matches (
    deposit_match_id BIGINT NOT NULL,
    bank_line_id BIGINT NOT NULL,
    remit_id BIGINT,
    returns_line_id BIGINT,
    amount_cents BIGINT NOT NULL,
    fee_cents BIGINT DEFAULT '0' NOT NULL,
    rule VARCHAR(40) NOT NULL,
    score INTEGER DEFAULT '0' NOT NULL,
    evidence TEXT DEFAULT '' NOT NULL,
    journal_id BIGINT NOT NULL,
    actor VARCHAR(120) DEFAULT '' NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    ended_at VARCHAR(27),
    ended_posting_date DATE,
    ended_reason VARCHAR(40),
    words TEXT DEFAULT '' NOT NULL,
    ended_words TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_deposit_matches PRIMARY KEY (deposit_match_id),
    CONSTRAINT fk_deposit_matches_bank_line_id FOREIGN KEY(bank_line_id) REFERENCES bank_lines (bank_line_id),
    CONSTRAINT fk_deposit_matches_remit_id FOREIGN KEY(remit_id) REFERENCES remittances (remit_id),
    CONSTRAINT fk_deposit_matches_returns_line_id FOREIGN KEY(returns_line_id) REFERENCES bank_lines (bank_line_id),
    CONSTRAINT fk_deposit_matches_journal_id FOREIGN KEY(journal_id) REFERENCES journals (journal_id)
);

CREATE INDEX ix_deposit_matches_bank_line_id ON deposit_matches (bank_line_id);

CREATE INDEX ix_deposit_matches_current ON deposit_matches (remit_id, ended_at);

CREATE INDEX ix_deposit_matches_journal_id ON deposit_matches (journal_id);

CREATE INDEX ix_deposit_matches_remit_id ON deposit_matches (remit_id);

CREATE TABLE exception_events (
    exception_event_id BIGINT NOT NULL,
    exception_id BIGINT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    amount_cents BIGINT NOT NULL,
    body TEXT NOT NULL,
    posting_date DATE NOT NULL,
    actor VARCHAR(120) NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    case_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT pk_exception_events PRIMARY KEY (exception_event_id),
    CONSTRAINT fk_exception_events_exception_id FOREIGN KEY(exception_id) REFERENCES exceptions (exception_id)
);

CREATE INDEX ix_exception_events_exception_id ON exception_events (exception_id, kind);

CREATE TABLE line_matches (
    line_match_id BIGINT NOT NULL,
    match_id BIGINT NOT NULL,
    service_payment_id BIGINT NOT NULL,
    service_line_id BIGINT,
    line_number BIGINT NOT NULL,
    rule VARCHAR(40) NOT NULL,
    CONSTRAINT pk_line_matches PRIMARY KEY (line_match_id),
    CONSTRAINT fk_line_matches_match_id FOREIGN KEY(match_id) REFERENCES matches (match_id),
    CONSTRAINT fk_line_matches_service_payment_id FOREIGN KEY(service_payment_id) REFERENCES service_payments (service_payment_id),
    CONSTRAINT fk_line_matches_service_line_id FOREIGN KEY(service_line_id) REFERENCES service_lines (service_line_id)
);

CREATE INDEX ix_line_matches_match_id ON line_matches (match_id);

CREATE TABLE match_candidates (
    match_candidate_id BIGINT NOT NULL,
    match_id BIGINT NOT NULL,
    claim_payment_id BIGINT NOT NULL,
    family_id BIGINT NOT NULL,
    claim_id BIGINT NOT NULL,
    rule VARCHAR(40) NOT NULL,
    score INTEGER NOT NULL,
    why VARCHAR(40) NOT NULL,
    evidence TEXT NOT NULL,
    CONSTRAINT pk_match_candidates PRIMARY KEY (match_candidate_id),
    CONSTRAINT fk_match_candidates_match_id FOREIGN KEY(match_id) REFERENCES matches (match_id),
    CONSTRAINT fk_match_candidates_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_match_candidates_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_match_candidates_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id)
);

CREATE INDEX ix_match_candidates_claim_payment_id ON match_candidates (claim_payment_id, why);

CREATE INDEX ix_match_candidates_match_id ON match_candidates (match_id);

CREATE TABLE past_exceptions (
    past_exception_id BIGINT NOT NULL,
    exception_id BIGINT NOT NULL,
    amount_cents BIGINT NOT NULL,
    posting_date DATE NOT NULL,
    since_date DATE,
    opened_at VARCHAR(27) NOT NULL,
    closed_posting_date DATE NOT NULL,
    closed_at VARCHAR(27) NOT NULL,
    closed_reason VARCHAR(40),
    CONSTRAINT pk_past_exceptions PRIMARY KEY (past_exception_id),
    CONSTRAINT fk_past_exceptions_exception_id FOREIGN KEY(exception_id) REFERENCES exceptions (exception_id)
);

CREATE INDEX ix_past_exceptions_exception_id ON past_exceptions (exception_id);

CREATE TABLE remarks (
    remark_id BIGINT NOT NULL,
    claim_payment_id BIGINT NOT NULL,
    service_payment_id BIGINT,
    file_id BIGINT NOT NULL,
    seg BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    length BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    source VARCHAR(4) NOT NULL,
    remark_code VARCHAR(20) NOT NULL,
    CONSTRAINT pk_remarks PRIMARY KEY (remark_id),
    CONSTRAINT fk_remarks_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_remarks_service_payment_id FOREIGN KEY(service_payment_id) REFERENCES service_payments (service_payment_id),
    CONSTRAINT fk_remarks_file_id FOREIGN KEY(file_id) REFERENCES files (file_id)
);

CREATE INDEX ix_remarks_claim_payment_id ON remarks (claim_payment_id);

CREATE TABLE undone_postings (
    undone_posting_id BIGINT NOT NULL,
    claim_payment_id BIGINT NOT NULL,
    remit_id BIGINT NOT NULL,
    claim_posting_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    is_target INTEGER NOT NULL,
    undone_at VARCHAR(27) NOT NULL,
    replayed_at VARCHAR(27),
    CONSTRAINT pk_undone_postings PRIMARY KEY (undone_posting_id),
    CONSTRAINT fk_undone_postings_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_undone_postings_remit_id FOREIGN KEY(remit_id) REFERENCES remittances (remit_id),
    CONSTRAINT fk_undone_postings_claim_posting_id FOREIGN KEY(claim_posting_id) REFERENCES claim_postings (claim_posting_id),
    CONSTRAINT fk_undone_postings_run_id FOREIGN KEY(run_id) REFERENCES runs (run_id)
);

CREATE INDEX ix_undone_postings_claim_payment_id ON undone_postings (claim_payment_id);

CREATE INDEX ix_undone_postings_run_id ON undone_postings (run_id);

CREATE TABLE variance_events (
    variance_event_id BIGINT NOT NULL,
    variance_case_id BIGINT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    claim_payment_id BIGINT,
    amount_cents BIGINT NOT NULL,
    body TEXT NOT NULL,
    posting_date DATE NOT NULL,
    actor VARCHAR(120) NOT NULL,
    recorded_at VARCHAR(27) NOT NULL,
    case_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT pk_variance_events PRIMARY KEY (variance_event_id),
    CONSTRAINT fk_variance_events_variance_case_id FOREIGN KEY(variance_case_id) REFERENCES variance_cases (variance_case_id),
    CONSTRAINT fk_variance_events_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id)
);

CREATE INDEX ix_variance_events_variance_case_id ON variance_events (variance_case_id);

CREATE TABLE classifications (
    adjustment_id BIGINT NOT NULL,
    claim_payment_id BIGINT NOT NULL,
    adjustment_class VARCHAR(40) NOT NULL,
    counts_as_denial INTEGER NOT NULL,
    rule_priority BIGINT NOT NULL,
    CONSTRAINT pk_classifications PRIMARY KEY (adjustment_id),
    CONSTRAINT fk_classifications_adjustment_id FOREIGN KEY(adjustment_id) REFERENCES adjustments (adjustment_id),
    CONSTRAINT fk_classifications_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id)
);

CREATE INDEX ix_classifications_claim_payment_id ON classifications (claim_payment_id);

CREATE TABLE ledger_lines (
    ledger_line_id BIGINT NOT NULL,
    journal_id BIGINT NOT NULL,
    account VARCHAR(4) NOT NULL,
    amount_cents BIGINT NOT NULL,
    rule_id VARCHAR(4) NOT NULL,
    payer_code VARCHAR(80) DEFAULT '' NOT NULL,
    payer_sequence VARCHAR(2) DEFAULT '' NOT NULL,
    line_number BIGINT DEFAULT '0' NOT NULL,
    group_code VARCHAR(10) DEFAULT '' NOT NULL,
    reason_code VARCHAR(20) DEFAULT '' NOT NULL,
    reference VARCHAR(80) DEFAULT '' NOT NULL,
    family_id BIGINT,
    remit_id BIGINT,
    claim_payment_id BIGINT,
    service_payment_id BIGINT,
    adjustment_id BIGINT,
    provider_adjustment_id BIGINT,
    bank_line_id BIGINT,
    CONSTRAINT pk_ledger_lines PRIMARY KEY (ledger_line_id),
    CONSTRAINT ck_ledger_lines_not_zero CHECK (amount_cents <> 0),
    CONSTRAINT fk_ledger_lines_journal_id FOREIGN KEY(journal_id) REFERENCES journals (journal_id),
    CONSTRAINT fk_ledger_lines_family_id FOREIGN KEY(family_id) REFERENCES families (family_id),
    CONSTRAINT fk_ledger_lines_remit_id FOREIGN KEY(remit_id) REFERENCES remittances (remit_id),
    CONSTRAINT fk_ledger_lines_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (claim_payment_id),
    CONSTRAINT fk_ledger_lines_service_payment_id FOREIGN KEY(service_payment_id) REFERENCES service_payments (service_payment_id),
    CONSTRAINT fk_ledger_lines_adjustment_id FOREIGN KEY(adjustment_id) REFERENCES adjustments (adjustment_id),
    CONSTRAINT fk_ledger_lines_provider_adjustment_id FOREIGN KEY(provider_adjustment_id) REFERENCES provider_adjustments (provider_adjustment_id),
    CONSTRAINT fk_ledger_lines_bank_line_id FOREIGN KEY(bank_line_id) REFERENCES bank_lines (bank_line_id)
);

CREATE INDEX ix_ledger_lines_account ON ledger_lines (account, payer_code, reference);

CREATE INDEX ix_ledger_lines_bank_line_id ON ledger_lines (bank_line_id);

CREATE INDEX ix_ledger_lines_family_id ON ledger_lines (family_id, account);

CREATE INDEX ix_ledger_lines_journal_id ON ledger_lines (journal_id);

CREATE INDEX ix_ledger_lines_remit_id ON ledger_lines (remit_id, account);
