"""How fast and how small the simulated payers are: `python benchmarks/payer.py [THOUSANDS]` (default 100).

Prints claims per second of processor time (files read, decided and written), what share of it reading and acknowledging
take, and peak memory, each in a process of its own. The files are those of benchmarks/x12.py.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from x12 import _high_water, submissions

_CLAIM = 555  # bytes of a claim of the file, about


def main(thousands: int) -> None:
    """Answer a small and a large file, and print both."""
    print(f"{'payer, 837P to all its answers':<32} {'claims':>9} {'claims/s':>9} {'acknowledging':>14} {'peak MB':>8}")
    for size in (min(10, thousands), thousands):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "claims.837"
            path.write_bytes(submissions(size * 1000 * _CLAIM))
            command = [sys.executable, __file__, "--one", str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
        claims, rate, share, peak = done.stdout.split()
        print(f"{'':<32} {claims:>9} {rate:>9} {share:>14} {peak:>8}", flush=True)


def one(path: Path) -> None:
    """Answer one file, warm; print claims, claims per second, the share of acknowledging, and peak memory."""
    from claims import x12
    from claims.service.simulate import answer

    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.837"
        small.write_bytes(submissions(50_000))
        answer([small], Path(folder) / "warm")
        begun = time.process_time()
        done = answer([path], Path(folder) / "out")
        whole = time.process_time() - begun
        begun = time.process_time()
        x12.acknowledge(path)
        share = (time.process_time() - begun) / whole
    print(done.claims, round(done.claims / whole), f"{share:.0%}", round(_high_water()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
