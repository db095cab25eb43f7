"""Denials: adjustments come in with their payments; their classes, and the cases a biller works, go out."""

from claims.denials.classify import classify

__all__ = ["classify"]
