"""The docstring is the input: `remit` wraps a test's docstring in an envelope and reads it as an 835."""

from __future__ import annotations

import pytest

from claims import x12
from tests.x12.envelopes import remittance, submission


def _segments_of(docstring: str) -> str:
    """Leave a title line without segments out."""
    head, _, rest = docstring.partition("\n")
    return rest if "~" not in head else docstring


@pytest.fixture
def remit(request):
    """The test's docstring, read as an 835."""
    return x12.read(remittance(_segments_of(request.function.__doc__)).encode())


@pytest.fixture
def submitted(request):
    """The test's docstring, read as an 837P."""
    return x12.read(submission(_segments_of(request.function.__doc__)).encode())
