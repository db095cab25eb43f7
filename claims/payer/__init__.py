"""A simulated payer and a practice for it: claim frames in, adjudicated frames and bank rows out.

No file is written here. Everything is invented and seeded: the same arguments give the same rows, on any day and
machine.
"""

from claims.payer.adjudicate import adjudicate
from claims.payer.books import Books
from claims.payer.mail import PlannedFile
from claims.payer.month import Month, simulate

__all__ = ["Books", "Month", "PlannedFile", "adjudicate", "simulate"]
