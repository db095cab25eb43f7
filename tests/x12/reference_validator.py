"""pyx12's sentences against a file, and nothing else: the reference for what we write."""

from __future__ import annotations

from tests.x12.reference import reference_of


def reference_errors(data: bytes) -> list[str]:
    """Give what pyx12 has against a file; empty when it accepts it."""
    reference = reference_of(data)
    sentences = [f"segment {detail.segment} {detail.code}: {detail.sentence}" for detail in reference.details]
    is_fine = reference.accepted and not reference.stopped
    return sentences or ([] if is_fine else [reference.stopped or "refused without a reason"])
