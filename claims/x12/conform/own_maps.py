"""Maps of our own, for guides that pyx12 has none for: a CSV of `maps/` in, the guide's tree out."""

from __future__ import annotations

from claims.x12.conform.nodes import Loop


def tree(file: str, guide: str) -> Loop:
    """Return the tree of a guide whose map is ours."""
    raise NotImplementedError(file, guide)
