"""The cases of a whole list as somebody looked at them, signed in the form that says to do it.

What is done is what was looked at: a case that has joined the list since stays out of it, one that changed is stale.
Nothing is kept on the server, so that any worker of it can take the form.
"""

from __future__ import annotations

import base64
import zlib

import numpy as np

from claims.errors import UsageError
from claims.web import cursors

MOST_CHARACTERS = 900_000  # a form is not longer than a megabyte
Cases = list[tuple[int, int]]  # (case_id, version as it was looked at)


def written(key: bytes, cases: Cases, *of: object) -> str:
    """Write cases down for a form; `of` says who does what with which list. Raises UsageError for too many."""
    pairs = np.array(cases, dtype="<i8").reshape(-1, 2)
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    steps = np.diff(pairs[:, 0], prepend=np.int64(0)).astype("<i8")  # small numbers, which pack well
    packed = zlib.compress(np.concatenate([steps, pairs[:, 1]]).astype("<i8").tobytes(), 6)
    text = cursors.sign(key, base64.b85encode(packed).decode(), *of)
    if len(text) > MOST_CHARACTERS:
        raise UsageError("These are too many cases to do at once: narrow the list.")
    return text


def read(key: bytes, text: str, *of: object) -> Cases | None:
    """Read cases that `written` wrote for the same; None for anything else."""
    try:
        packed = base64.b85decode(cursors.unsign(key, text, *of))
    except cursors.CursorError:
        return None
    steps, versions = np.frombuffer(zlib.decompress(packed), dtype="<i8").reshape(2, -1)
    return list(zip(np.cumsum(steps).tolist(), versions.tolist(), strict=True))
