"""Denials: adjustments come in with their payments; their classes, and the cases a biller works, go out."""

from claims.denials.classify import classify
from claims.denials.remarks import remark_exceptions

__all__ = ["classify", "remark_exceptions"]
