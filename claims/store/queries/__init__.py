"""Selects that aggregate in the database: cases, reports, exceptions."""
