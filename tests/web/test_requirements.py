"""Which test shows which of the security requirements: the table that an auditor asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]

# Requirement -> file and test. R2 waits until several practices share an installation; R36 to R38 and R42 are upkeep's.
SHOWN_BY = {
    "R1": ("web/test_safety.py", "test_every_route_stands_in_the_matrix_with_its_permission"),
    "R3": ("web/test_safety.py", "test_an_auditors_database_handle_cannot_write"),
    "R4": ("web/test_safety.py", "test_each_role_opens_what_the_matrix_says_and_nothing_else"),
    "R5": ("people/test_rules.py", "test_a_password_is_kept_as_argon2id_with_strong_parameters"),
    "R6": ("people/test_rules.py", "test_passwords_that_are_refused"),
    "R7": ("people/test_rules.py", "test_a_code_is_good_once_and_for_one_step_around_now"),
    "R8": ("web/test_sign_in.py", "test_many_wrong_passwords_are_answered_with_429"),
    "R9": ("web/test_safety.py", "test_tls_means_hsts_and_a_host_cookie"),
    "R10": ("web/test_sign_in.py", "test_the_token_changes_at_the_second_factor"),
    "R11": ("web/test_sign_in.py", "test_disabling_somebody_ends_all_at_once"),
    "R12": ("service/test_people.py", "test_nothing_secret_stands_in_the_database"),
    "R13": ("web/test_safety.py", "test_only_our_own_pages_change_anything"),
    "R14": ("web/test_safety.py", "test_looking_changes_nothing"),
    "R15": ("web/test_safety.py", "test_every_answer_carries_the_headers"),
    "R16": ("web/browser/test_pages.py", "test_axe_finds_nothing_serious"),
    "R17": ("web/test_safety.py", "test_what_files_say_is_never_markup"),
    "R18": ("web/test_safety.py", "test_odd_addresses_get_rows_or_a_named_no"),
    "R19": ("web/test_safety.py", "test_more_than_a_form_is_refused"),
    "R20": ("web/test_safety.py", "test_no_name_is_a_path"),
    "R21": ("web/test_biller.py", "test_a_list_is_taken_as_csv_without_formulas_and_with_its_total"),
    "R22": ("x12/test_hostile.py", None),
    "R23": ("web/test_safety.py", "test_no_code_is_loaded_from_data_and_no_xml_parsed"),
    "R24": ("web/test_safety.py", "test_no_code_is_loaded_from_data_and_no_xml_parsed"),
    "R25": ("web/test_biller.py", "test_a_list_is_taken_as_csv_without_formulas_and_with_its_total"),
    "R26": ("web/test_records.py", "test_no_patient_data_in_log_or_address"),
    "R27": ("web/test_records.py", "test_no_patient_data_in_log_or_address"),
    "R28": ("web/test_records.py", "test_no_line_of_the_log_is_faked"),
    "R29": ("web/test_records.py", "test_a_fault_shows_a_number_and_nothing_else"),
    "R30": ("service/test_people.py", "test_no_change_without_its_record"),
    "R31": ("store/test_audit.py", None),
    "R32": ("web/test_records.py", "test_an_admin_sees_patients_in_an_emergency_only"),
    "R33": ("cli/test_users.py", "test_a_password_comes_from_a_file_that_only_its_owner_reads"),
    "R34": ("cli/test_users.py", "test_serving_in_the_clear_is_refused"),
    "R35": ("web/test_safety.py", "test_a_client_address_is_believed_from_trusted_proxies_only"),
    "R39": ("web/test_safety.py", "test_vendored_assets_are_what_they_say_and_have_their_licence"),
    "R40": ("web/test_safety.py", "test_nothing_is_served_besides"),
    "R41": ("web/test_safety.py", "test_searching_too_often_is_answered_with_429"),
}


@pytest.mark.parametrize("requirement", SHOWN_BY)
def test_each_requirement_has_its_test(requirement):
    file, name = SHOWN_BY[requirement]
    text = (TESTS / file).read_text(encoding="utf-8")
    assert re.search(rf"^def {name or 'test_'}", text, re.M), f"{requirement}: {file} has no {name}"
