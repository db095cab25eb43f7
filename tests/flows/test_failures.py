from __future__ import annotations

import json
import pickle
import traceback

import pytest

from claims.errors import DatabaseBusyError, DatabaseError, UsageError
from flows import failures
from flows.failures import RetryableError, StepError


def _fail(error):
    raise error


def _failure(tmp_path, error) -> StepError:
    with pytest.raises(StepError) as caught:
        failures.guarded("post_charges", tmp_path / "errors.log", _fail, error)
    return caught.value


def test_nothing_of_the_text_gets_out(tmp_path):
    failure = _failure(tmp_path, ValueError("ZZCANARY owes 12.00"))
    shown = "".join(traceback.format_exception(failure)) + repr(failure) + str(vars(failure))
    assert "ZZCANARY" not in shown
    assert (failure.__cause__, failure.__context__) == (None, None)
    assert (failure.step, failure.kind, failure.exit_code) == ("post_charges", "ValueError", 3)


def test_the_log_says_where_and_not_what(tmp_path):
    try:
        raise KeyError("ZZCANARY")
    except KeyError as inner:
        error = RuntimeError("ZZCANARY too")
        error.__cause__ = inner
    failure = _failure(tmp_path, error)
    text = (tmp_path / "errors.log").read_text()
    line = json.loads(text)
    assert "ZZCANARY" not in text
    assert line["error_id"] == failure.error_id
    assert [one["type"] for one in line["errors"]] == ["RuntimeError", "KeyError"]
    assert "test_failures.py" in line["errors"][0]["at"][-1]
    assert (tmp_path / "errors.log").stat().st_mode & 0o777 == 0o600


def test_our_own_sentence_and_exit_code_are_kept(tmp_path):
    failure = _failure(tmp_path, UsageError("Do it otherwise."))
    assert (failure.sentence, failure.exit_code) == ("Do it otherwise.", 2)
    assert "otherwise" not in str(failure)


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (DatabaseBusyError(30), True),
        (DatabaseError("AdminShutdown 57P01"), True),
        (DatabaseError("OperationalError"), True),  # PostgreSQL: the connection was lost, there is no state
        (DatabaseError("ConnectionFailure 08006"), True),
        (DatabaseError("DeadlockDetected 40P01"), True),
        (DatabaseError("UniqueViolation 23505", "journals"), False),
        (DatabaseError("OperationalError SQLITE_FULL"), False),
        (ValueError("x"), False),
        (OSError(28, "No space left on device"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(tmp_path, error, again):
    assert isinstance(_failure(tmp_path, error), RetryableError) is again


def test_a_failure_survives_the_way_from_another_process(tmp_path):
    failure = _failure(tmp_path, DatabaseBusyError(30))
    copy = pickle.loads(pickle.dumps(failure))
    assert type(copy) is RetryableError
    assert vars(copy) == vars(failure)


def test_ctrl_c_goes_through(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        failures.guarded("post_charges", tmp_path / "errors.log", _fail, KeyboardInterrupt())
