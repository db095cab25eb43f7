"""kill -9 of `claims run` at random moments: one more run, and the books are those of an undisturbed one."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.service.fingerprint import differences
from tests.service.test_kill import (
    DAY,
    inbox,
    new_books,
    night,
    state,
    undisturbed,
    without_receipts,
)

__all__ = ["inbox", "undisturbed"]  # fixtures of the kill tests without Prefect

PROGRAM = Path(sys.executable).with_name("claims")


def start(home, folder):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CLAIMS_", "PREFECT_"))}
    return subprocess.Popen(
        [str(PROGRAM), "run", "--inbox", str(folder), "--date", DAY.isoformat(), "--quiet"],
        env=environment | {"CLAIMS_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.mark.long  # tests/service/test_kill.py kills the same night without Prefect
@pytest.mark.parametrize("kills", [1, 4])
def test_kills_of_the_night_and_one_more_run(tmp_path, inbox, undisturbed, kills):
    home = tmp_path / "home"
    new_books(home)
    began = time.monotonic()
    first = start(home, inbox)
    assert first.wait(300) in (0, 1), first.stderr.read()  # 1: something is held, as it should be
    first.stderr.close()
    whole = time.monotonic() - began
    assert differences(undisturbed[0], state(home)) == []

    disturbed = tmp_path / "disturbed"
    new_books(disturbed)
    moments = random.Random(41)
    for _ in range(kills):
        process = start(disturbed, inbox)
        time.sleep(moments.uniform(0.2, 1) * whole)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()
    night(str(disturbed), str(inbox))
    assert differences(without_receipts(undisturbed[0]), without_receipts(state(disturbed))) == []
