"""What leaves a step when it fails: the step's name, an error number and a kind. Never the text of what went wrong.

Prefect writes the text of an exception to five places in its database, and a text may quote a patient. So the step
raises a new exception without cause or context; the details that hold no data (types and places in the code) go to
``errors.log`` in the data folder under the same number.
"""

from __future__ import annotations

import json
import os
import secrets
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from claims.errors import ClaimsError, DatabaseBusyError, DatabaseError
from claims.store import clock

P = ParamSpec("P")
R = TypeVar("R")

# Classes of PostgreSQL's error states that may pass by themselves: connection lost, server shutting down, deadlock and
# serialization.
PASSING_STATES = ("08", "57P", "40")


class StepError(ClaimsError):
    """A step failed: its name, the number of its entry in errors.log and the kind of failure."""

    def __init__(self, step: str, error_id: str, kind: str, sentence: str = "", exit_code: int = 3) -> None:
        super().__init__(f"Step {step} failed (error {error_id}, {kind}).")
        self.step = step
        self.error_id = error_id
        self.kind = kind
        self.sentence = sentence  # of our own errors: for the terminal, not for Prefect
        self.exit_code = exit_code

    def __reduce__(self) -> tuple[type[StepError], tuple[str, str, str, str, int]]:
        """Survive the way from a worker process."""
        return type(self), (self.step, self.error_id, self.kind, self.sentence, self.exit_code)


class RetryableError(StepError):
    """A step failed in a way that may pass by itself: the database was locked or the connection was lost."""


def guarded(step: str, log: Path, verb: Callable[P, R], *args: P.args, **keywords: P.kwargs) -> R:
    """Call `verb`; let nothing of its exception out but a StepError."""
    try:
        return verb(*args, **keywords)
    except StepError:
        raise
    except Exception as error:
        failure = _described(step, error)
        _note(log, failure, error)
    raise failure  # outside of the handler: no context hangs on it


def _described(step: str, error: Exception) -> StepError:
    kind = RetryableError if may_pass(error) else StepError
    ours = error if isinstance(error, ClaimsError) else None
    sentence, code = (str(ours), ours.exit_code) if ours else ("", 3)
    return kind(step, secrets.token_hex(4), type(error).__name__, sentence, code)


def may_pass(error: Exception) -> bool:
    """Tell whether the same step can succeed a moment later."""
    if isinstance(error, DatabaseBusyError):
        return True
    words = error.kind.split() if isinstance(error, DatabaseError) else []
    return bool(words) and (words[-1].startswith(PASSING_STATES) or words == ["OperationalError"])


def _note(log: Path, failure: StepError, error: Exception) -> None:
    """Add one JSON line: types, and places in the code; our own sentences hold no data, others' are left out."""
    chain: list[dict[str, object]] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 8:
        frames = traceback.extract_tb(current.__traceback__)
        places = [f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}" for frame in frames]
        chain.append({"type": type(current).__name__, "at": places[-12:]})
        current = current.__cause__ or current.__context__
    line = {
        "at": clock.now(),
        "error_id": failure.error_id,
        "step": failure.step,
        "sentence": failure.sentence,
        "errors": chain,
    }
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
