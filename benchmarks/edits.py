"""What the rules beyond the guides cost: `python benchmarks/edits.py` prints their share of the time of reading."""

from __future__ import annotations

from x12 import processor_seconds, remittances, submissions

from claims import x12
from claims.codes import lists
from claims.x12.edits import Edits


def main() -> None:
    """Read each file of benchmarks/x12.py, then look at its frames with all rules on, without lists of a user."""
    known = lists.load()
    for name, data in (("835", remittances(10_000_000)), ("837P", submissions(10_000_000))):
        file = x12.read(data)
        reading = processor_seconds(lambda data=data: x12.read(data), 9)
        looking = processor_seconds(lambda file=file: Edits({}, known).look(file), 9)
        print(f"{name:<5} read {reading:.3f} s, edits {looking:.3f} s, {looking / reading:.1%} of reading")


if __name__ == "__main__":
    main()
