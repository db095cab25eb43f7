"""Denials: adjustments come in with their payments; their classes, and the cases a biller works, go out."""

from claims.denials.classify import classify
from claims.denials.figures import denied_parts, line_figures
from claims.denials.proposals import Proposal, propose
from claims.denials.remarks import remark_exceptions

__all__ = ["Proposal", "classify", "denied_parts", "line_figures", "propose", "remark_exceptions"]
