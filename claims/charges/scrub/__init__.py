"""Edits before sending: claims as frames and what is known beside them in; what stops which claim out."""

from claims.charges.scrub.edits import Edit, edits
from claims.charges.scrub.scrub import Scrubbed, said_by, scrub
from claims.charges.scrub.switches import Switches
from claims.charges.scrub.work import Work

__all__ = ["Edit", "Scrubbed", "Switches", "Work", "edits", "said_by", "scrub"]
