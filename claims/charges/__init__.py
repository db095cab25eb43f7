"""What a practice charges: a charges CSV in; the frames of claims and findings out."""

from claims.charges.charges_file import ChargesFile, is_charges_file, read_charges, read_charges_file
from claims.charges.charges_part import read_charges_at
from claims.charges.columns import columns

__all__ = ["ChargesFile", "columns", "is_charges_file", "read_charges", "read_charges_at", "read_charges_file"]
