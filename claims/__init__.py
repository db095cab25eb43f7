"""Medical billing and claims: X12 in and out, an exact ledger, denials worked every morning."""

__version__ = "0.1.0"
