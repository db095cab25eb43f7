"""Conformance: what the implementation guides say of a file's segments and elements, at columnar speed."""

from claims.x12.conform.conformance import Conformance

__all__ = ["Conformance"]
