"""What a practice charges: a charges CSV in; claims, service lines and findings out."""

from claims.charges.charges_file import ChargesFile, is_charges_file, read_charges, read_charges_file
from claims.charges.checks import columns

__all__ = ["ChargesFile", "columns", "is_charges_file", "read_charges", "read_charges_file"]
